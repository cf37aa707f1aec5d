import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { auditStarter } from '../../activities/audit-starter.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';

const client = quietTemporal('starter');

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
  const { beginAudits } = auditStarter(client());
  await beginAudits([first, other]);
  await beginAudits([same]);

  const historyOf = async (of: string) => {
    const events = (await client().workflow.getHandle(auditWorkflowId(of)).fetchHistory()).events ?? [];
    const read = (payload: unknown) => defaultPayloadConverter.fromPayload(payload as never);
    const input = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.map(read);
    const told = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads?.map(read) ?? []);
    return { input, told };
  };
  expect(await historyOf(digest('a'))).toEqual({ input: [first], told: [first, same] });
  expect(await historyOf(digest('b'))).toEqual({ input: [other], told: [other] });
});
