import { expect, onTestFinished, test } from 'vitest';
import { temporalAsker } from '../../api/workflow-asker.ts';
import { testStack } from '../support/stack.ts';

async function askerAt(env: NodeJS.ProcessEnv = {}) {
  const troubles: unknown[] = [];
  const asker = await temporalAsker(testStack().settings(env), (error) => troubles.push(error));
  onTestFinished(() => asker.close());
  return { asker, troubles };
}

test('a workflow that does not run waits for nothing', async () => {
  const { asker, troubles } = await askerAt();
  expect(await asker.waiting([`release/none/${testStack().freshName('x')}`])).toEqual([]);
  expect(troubles).toEqual([]);
});

test('a Temporal that is not there is no error of whoever asks', async () => {
  const { asker, troubles } = await askerAt({ WAYBILL_TEMPORAL_ADDRESS: '127.0.0.1:9' });
  expect(await asker.waiting(['release/a/b', 'release/a/c'])).toEqual([]);
  expect(troubles).toHaveLength(2);
});
