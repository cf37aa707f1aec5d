import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureBundle } from '../workers/bundle.ts';
import { tracingPlugin } from '../workers/tracing.ts';

const folder = new URL('histories/', import.meta.url);
const recorded = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).toSorted();

let codePath: string;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF' } } });
  codePath = await ensureBundle();
}, 60_000);

describe('running workflows go on with the code of today', () => {
  test.each(recorded)('%s', async (name) => {
    const history = historyFromJSON(JSON.parse(await readFile(fileURLToPath(new URL(name, folder)), 'utf8')));
    const options = { workflowBundle: { codePath }, plugins: [tracingPlugin()] };
    await expect(Worker.runReplayHistory(options, history, basename(name, '.json'))).resolves.toBeUndefined();
  });
});
