import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { bundlePath, ensureBundle } from '../../workers/bundle.ts';

test('the bundle is named by its sources, made once, and has every workflow', async () => {
  const path = await ensureBundle();
  expect(basename(path)).toMatch(/^workflows-[0-9a-f]{16}\.cjs$/);
  const { mtimeMs } = await stat(path);
  expect([await bundlePath(), await ensureBundle(), (await stat(path)).mtimeMs]).toEqual([path, path, mtimeMs]);
  const code = await readFile(path, 'utf8');
  for (const workflow of ['watch', 'stream', 'release', 'mirror', 'creation', 'verification', 'audit', 'limiter'])
    expect(code).toMatch(new RegExp(`async function ${workflow}\\(`));
  // The bundle is evaluated for each workflow anew: what only activities need does not belong into it.
  for (const module of ['@noble/hashes', 'node_modules/yaml', 'node_modules/zod', 'domain/payload/config.ts'])
    expect(code).not.toContain(module);
});
