import { defineConfig } from 'vitest/config';

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
const testsIn = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: [process.stdout.isTTY ? 'default' : ['default', { summary: false }], './test/support/closing-line.ts'],
    projects: [
      { extends: true, test: { name: 'domain', include: testsIn(['domain']) } },
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
