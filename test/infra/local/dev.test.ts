import { expect, test } from 'vitest';
import { runDev } from '../../../infra/local/dev.ts';
import { openStateDirectory } from '../../../infra/local/state-directory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const newHome = () => temporaryFolder('dev');

async function dev(env: NodeJS.ProcessEnv): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await runDev({ empty: true }, { env, signal: new AbortController().signal, say: (line) => lines.push(line) });
  return { code, said: lines.join('\n') };
}

test('a wrong setting names itself and stops the start', async () => {
  const { code, said } = await dev({ WAYBILL_HOME: newHome(), WAYBILL_SERVE_PORT: 'abc' });
  expect(code).toBe(1);
  expect(said).toBe('WAYBILL_SERVE_PORT=abc: expected a whole number from 0 to 65535');
});

test('a second start on the same state directory says so and leaves with 1', async () => {
  const home = newHome();
  const first = await openStateDirectory(home, { fresh: false, log: () => undefined });
  const { code, said } = await dev({ WAYBILL_HOME: home });
  first.release();
  expect(code).toBe(1);
  expect(said).toContain(`${home} is in use by process ${process.pid}`);
});

test('a program that can not be had stops the start, and frees the state directory', async () => {
  const home = newHome();
  const { code, said } = await dev({ WAYBILL_HOME: home, WAYBILL_ETCD: '/nowhere/etcd' });
  expect(code).toBe(1);
  expect(said).toContain('WAYBILL_ETCD=/nowhere/etcd: not an executable file');
  const next = await openStateDirectory(home, { fresh: false, log: () => undefined });
  next.release();
});
