import { defineConfig } from 'vitest/config';
import { StoriesThroughout } from './test/support/stories-throughout.ts';

/** Folders of tests that use the servers of the local stack. */
const onTheStack = [
  'activities',
  'workflows',
  'workers',
  'api',
  'cli',
  'system',
  'infra/crds',
  'infra/rbac',
  'infra/sandbox',
  'infra/demo',
  'infra/temporal',
];
/** Stories wait more than they work, so that there may be more of them at once than a small machine has cores. */
const stories = 4;
const testsIn = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    pool: 'forks',
    // Names are fresh in every test, so that files need no process of their own; loading everything anew took a third of the time.
    isolate: false,
    maxWorkers: stories,
    sequence: { sequencer: StoriesThroughout },
    reporters: [process.stdout.isTTY ? 'default' : ['default', { summary: false }], './test/support/closing-line.ts'],
    projects: [
      { extends: true, test: { name: 'domain', pool: 'threads', include: testsIn(['domain']) } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: testsIn(['domain', 'differential', ...onTheStack]),
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: testsIn(onTheStack),
          globalSetup: './test/support/local-stack.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A busy CI machine may be too slow once; the closing lines name what needed a second try.
          retry: process.env['CI'] === undefined ? 0 : 1,
        },
      },
    ],
  },
});
