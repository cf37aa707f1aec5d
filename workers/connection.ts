import { readFile } from 'node:fs/promises';
import { Connection, Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Settings } from '../infra/settings/settings.ts';

type TemporalSettings = Settings['temporal'];

/** How to reach Temporal, in the form that both kinds of connection take. */
export async function connectionOptions(temporal: TemporalSettings) {
  const { address = '127.0.0.1:7233', tls, tlsServerName, tlsCaFile, tlsCertFile, tlsKeyFile, apiKey } = temporal;
  const certificate = tlsCertFile !== undefined && tlsKeyFile !== undefined ? { clientCertPair: { crt: await readFile(tlsCertFile), key: await readFile(tlsKeyFile) } } : {};
  const wantsTls = tls || apiKey !== undefined || tlsCertFile !== undefined || tlsCaFile !== undefined;
  const secure = {
    ...certificate,
    ...(tlsServerName === undefined ? {} : { serverNameOverride: tlsServerName }),
    ...(tlsCaFile === undefined ? {} : { serverRootCACertificate: await readFile(tlsCaFile) }),
  };
  return { address, ...(wantsTls ? { tls: secure } : {}), ...(apiKey === undefined ? {} : { apiKey }) };
}

export async function nativeConnection(temporal: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(await connectionOptions(temporal));
}

/** A client of its own connection; close with `client.connection.close()`. */
export async function connectClient(temporal: TemporalSettings): Promise<Client> {
  const connection = await Connection.connect(await connectionOptions(temporal));
  return new Client({ connection, namespace: temporal.namespace });
}
