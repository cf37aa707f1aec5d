import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll } from 'vitest';
import { testStack } from './stack.ts';
import { eventually } from './wait.ts';

/**
 * A Temporal namespace in which nobody works, so that what is started stays as it was started; open while the tests of
 * the file run. Call at the top of the file.
 */
export function quietTemporal(prefix: string): () => Client {
  const namespace = `${prefix}-${randomUUID().slice(0, 8)}`;
  let client: Client | undefined;
  beforeAll(async () => {
    const connection = await Connection.connect({ address: testStack().temporal });
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    const opened = new Client({ connection, namespace });
    client = opened;
    await eventually('the namespace', () => opened.workflow.count().then(() => true));
  });
  afterAll(() => client?.connection.close());
  return () => {
    if (client === undefined) throw new Error('the namespace is open while tests run');
    return client;
  };
}
