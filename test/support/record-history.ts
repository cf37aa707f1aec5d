import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

type Fetches = Pick<WorkflowHandle, 'fetchHistory'>;

const folder = new URL('../histories/', import.meta.url);

/**
 * Keeps a workflow's history for test/replay.test.ts when `WAYBILL_RECORD_HISTORIES` is set, and does nothing
 * otherwise. A test calls it where its workflow has done something worth replaying for ever. A recorded history is
 * replaced only where the workflow's story was changed with `patched()`, and then by one beside it.
 *
 * @param name `<workflow type>/<case>`
 */
export async function recordHistory(workflow: Fetches, name: `${string}/${string}`): Promise<void> {
  if (!process.env['WAYBILL_RECORD_HISTORIES']) return;
  const path = fileURLToPath(new URL(`${name}.json`, folder));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, anonymous(historyToJSON(await workflow.fetchHistory())));
}

/** Without the names of the machine, of its folders and of the processes that made it. */
function anonymous(history: string): string {
  const parsed: unknown = JSON.parse(history, (key, value: unknown) => {
    if (key === 'identity') return 'worker';
    if (key === 'stackTrace') return '';
    // Sticky task queues are named after their worker.
    return typeof value === 'string' && /^\d+@/.test(value) ? 'sticky' : value;
  });
  return `${JSON.stringify(parsed, null, 1)}\n`;
}
