import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** No part of `npm test`: it needs programs of others. One file at a time, since release-controller has a fixed port. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/differential/**/*.test.ts'],
    globalSetup: './test/differential/two-clusters.ts',
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    // The others send five requests a second at most: more scenes at once only wait for each other.
    maxConcurrency: 5,
    testTimeout: 600_000,
    hookTimeout: 180_000,
  },
});
