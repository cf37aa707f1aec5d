import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditStarter } from '../../activities/audit-starter.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

// Nobody works in this namespace: what is started stays as it was started.
const namespace = `starter-${randomUUID().slice(0, 8)}`;
let client: Client;
beforeAll(async () => {
  const connection = await Connection.connect({ address: testStack().temporal });
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  client = new Client({ connection, namespace });
  await eventually('the namespace', () => client.workflow.count().then(() => true));
});
afterAll(() => client.connection.close());

test('one audit an image is begun, and takes in what comes later', async () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const release = (tag: string, of: string) => ({
    namespace: 'ocp',
    tag,
    stream: 's',
    target: 'release',
    digest: of,
    location: `r:${tag}`,
  });
  const [first, same, other] = [release('1', digest('a')), release('2', digest('a')), release('3', digest('b'))];
  const { beginAudits } = auditStarter(client);
  await beginAudits([first, other]);
  await beginAudits([same]);

  const historyOf = async (of: string) => {
    const events = (await client.workflow.getHandle(auditWorkflowId(of)).fetchHistory()).events ?? [];
    const read = (payload: unknown) => defaultPayloadConverter.fromPayload(payload as never);
    const input = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.map(read);
    const told = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads?.map(read) ?? []);
    return { input, told };
  };
  expect(await historyOf(digest('a'))).toEqual({ input: [first], told: [first, same] });
  expect(await historyOf(digest('b'))).toEqual({ input: [other], told: [other] });
});
