import { Connection, Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Settings } from '../infra/settings/settings.ts';
import { connectionOptions } from '../infra/settings/temporal-connection.ts';

type TemporalSettings = Settings['temporal'];

export async function nativeConnection(temporal: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(await connectionOptions(temporal));
}

/** A client of its own connection; close with `client.connection.close()`. */
export async function connectClient(temporal: TemporalSettings): Promise<Client> {
  const connection = await Connection.connect(await connectionOptions(temporal));
  return new Client({ connection, namespace: temporal.namespace });
}
