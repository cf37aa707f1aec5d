import { readFile } from 'node:fs/promises';
import type { Settings } from './settings.ts';

/** How to reach Temporal, in the form that every kind of connection takes. */
export async function connectionOptions(temporal: Settings['temporal']) {
  const { address = '127.0.0.1:7233', tls, tlsServerName, tlsCaFile, tlsCertFile, tlsKeyFile, apiKey } = temporal;
  const certificate =
    tlsCertFile !== undefined && tlsKeyFile !== undefined
      ? { clientCertPair: { crt: await readFile(tlsCertFile), key: await readFile(tlsKeyFile) } }
      : {};
  const wantsTls = tls || apiKey !== undefined || tlsCertFile !== undefined || tlsCaFile !== undefined;
  const secure = {
    ...certificate,
    ...(tlsServerName === undefined ? {} : { serverNameOverride: tlsServerName }),
    ...(tlsCaFile === undefined ? {} : { serverRootCACertificate: await readFile(tlsCaFile) }),
  };
  return { address, ...(wantsTls ? { tls: secure } : {}), ...(apiKey === undefined ? {} : { apiKey }) };
}
