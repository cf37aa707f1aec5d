import { Connection } from '@temporalio/client';
import type { Settings } from '../settings/settings.ts';
import { connectionOptions } from '../settings/temporal-connection.ts';

/** Does something with Temporal over a connection of its own. */
export async function withConnection<T>(temporal: Settings['temporal'], work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect(await connectionOptions(temporal));
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
