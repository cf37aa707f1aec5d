import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ComponentMissing, resolveComponent, type Sources } from '../../../../infra/local/components/resolve.ts';
import type { Component } from '../../../../infra/local/components/table.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const tool: Component = {
  name: 'kube-tool',
  version: '1.2.3',
  module: 'kubernetes',
  package: 'example.org/tool',
  download: ({ os }) => (os === 'linux' ? { url: 'https://example.org/tool', checksums: 'https://example.org/tool.sha256' } : undefined),
};

let folder: string;
let asked: string[];

beforeEach(() => {
  folder = temporaryFolder('components');
  asked = [];
});

const writing = (way: string, answer: string | undefined) => async (_: unknown, target: string) => {
  asked.push(way);
  if (answer === undefined) writeFileSync(target, way);
  return answer;
};

/** A way that gives a reason fails for it. */
const sources = ({
  download,
  build,
  env = {},
  os = 'linux',
}: { download?: string; build?: string; env?: NodeJS.ProcessEnv; os?: string } = {}): Sources => ({
  env,
  cache: folder,
  platform: { os, arch: 'amd64' },
  download: writing('download', download),
  build: writing('build', build),
  log: () => undefined,
});

function program(path: string): string {
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
  return path;
}

describe('a program of the local stack', () => {
  test('is the one that the environment names, whatever the cache has', async () => {
    const own = program(join(folder, 'mine'));
    program(join(folder, 'kube-tool-1.2.3'));
    expect(await resolveComponent(tool, sources({ env: { WAYBILL_KUBE_TOOL: own } }))).toBe(own);
  });

  test('is refused when the environment names something that can not be run', async () => {
    const resolving = resolveComponent(tool, sources({ env: { WAYBILL_KUBE_TOOL: '/nowhere/tool' } }));
    await expect(resolving).rejects.toThrow('WAYBILL_KUBE_TOOL=/nowhere/tool: not an executable file');
    expect(asked).toEqual([]);
  });

  test('comes from the cache without asking anybody', async () => {
    const cached = program(join(folder, 'kube-tool-1.2.3'));
    expect(await resolveComponent(tool, sources())).toBe(cached);
    expect(asked).toEqual([]);
  });

  test('is downloaded before it is built', async () => {
    const path = await resolveComponent(tool, sources());
    expect(asked).toEqual(['download']);
    expect(readFileSync(path, 'utf8')).toBe('download');
    expect(statSync(path).mode & 0o111).not.toBe(0);
  });

  test('is built when the download fails', async () => {
    const path = await resolveComponent(tool, sources({ download: 'https://example.org cannot be reached' }));
    expect(asked).toEqual(['download', 'build']);
    expect(readFileSync(path, 'utf8')).toBe('build');
  });

  test('is built at once where no official build is published', async () => {
    await resolveComponent(tool, sources({ os: 'darwin' }));
    expect(asked).toEqual(['build']);
  });

  test('is got once when two ask for it at the same time', async () => {
    const both = await Promise.all([resolveComponent(tool, sources()), resolveComponent(tool, sources())]);
    expect(new Set(both).size).toBe(1);
    expect(asked).toEqual(['download']);
  });

  test('leaves nothing half done behind, and an error that names all four ways', async () => {
    const resolving = resolveComponent(tool, sources({ download: 'no network', build: 'Go is not installed' }));
    const error: unknown = await resolving.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComponentMissing);
    const { message } = error as ComponentMissing;
    for (const part of ['kube-tool 1.2.3', 'WAYBILL_KUBE_TOOL', join(folder, 'kube-tool-1.2.3'), 'no network', 'Go is not installed']) {
      expect(message).toContain(part);
    }
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, 'kube-tool-1.2.3'))).toBe(false);
  });
});
