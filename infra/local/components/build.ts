import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Component } from './table.ts';

const run = promisify(execFile);

/**
 * Builds the program with Go from the module beside this file; every dependency is pinned by its go.sum.
 *
 * @returns undefined when it is built, otherwise why not
 */
export async function buildWithGo(component: Component, target: string, signal?: AbortSignal): Promise<string | undefined> {
  const folder = join(dirname(import.meta.filename), component.module);
  const ldflags = ['-s -w', component.ldflags ?? ''].join(' ').trim();
  const arguments_ = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${ldflags}`, '-o', target, component.package];
  try {
    await run('go', arguments_, { cwd: folder, maxBuffer: 64 << 20, ...(signal === undefined ? {} : { signal }) });
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    signal?.throwIfAborted();
    if (code === 'ENOENT') return 'Go is not installed (https://go.dev/dl)';
    return `go build in ${folder}: ${lastLines(stderr ?? message)}`;
  }
}

const lastLines = (text: string) => text.trim().split('\n').slice(-5).join(' | ');
