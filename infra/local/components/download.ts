import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import type { Download } from './table.ts';

const run = promisify(execFile);
const answerTimeoutMs = 3_000;
const transferTimeoutMs = 10 * 60_000;

/** Sites that did not answer in this run. A machine without internet would otherwise pay the timeout once a component. */
const silentSites = new Map<string, string>();

/**
 * Fetches an official build and compares it with its published SHA-256.
 *
 * @returns undefined when the program stands at `target`, otherwise why not
 */
export async function downloadProgram(download: Download, target: string, signal?: AbortSignal): Promise<string | undefined> {
  const site = new URL(download.url).origin;
  const silent = silentSites.get(site);
  if (silent !== undefined) return silent;

  const archive = `${target}.download`;
  try {
    const expected = checksumIn(await (await open(download.checksums, site, signal)).text(), basename(download.url));
    if (expected === undefined) return `${download.checksums} has no checksum for ${basename(download.url)}`;
    const actual = await save(await open(download.url, site, signal), archive);
    if (actual !== expected) return `${download.url} has SHA-256 ${actual}, published is ${expected}`;
    await extract(archive, download.member, target);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return (error as Error).message;
  } finally {
    await rm(archive, { force: true });
  }
}

/** The timeout is for the first answer only: what has begun may take its time. */
async function open(url: string, site: string, stop?: AbortSignal): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), answerTimeoutMs);
  try {
    const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(transferTimeoutMs), ...(stop === undefined ? [] : [stop])]);
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
    return response;
  } catch (error) {
    if ((error as Error).message.startsWith('GET ')) throw error;
    const why = `${site} cannot be reached`;
    silentSites.set(site, why);
    throw new Error(why, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function save(response: Response, path: string): Promise<string> {
  const hash = createHash('sha256');
  if (response.body === null) throw new Error(`GET ${response.url}: empty answer`);
  const body = Readable.fromWeb(response.body as ReadableStream);
  body.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(body, createWriteStream(path));
  return hash.digest('hex');
}

async function extract(archive: string, member: string | undefined, target: string): Promise<void> {
  if (member === undefined) return pipeline(Readable.from([await readFile(archive)]), createWriteStream(target));
  const { stdout } = await run('tar', ['-xzOf', archive, member], { encoding: 'buffer', maxBuffer: 1 << 30 });
  await pipeline(Readable.from([stdout]), createWriteStream(target));
}

/** A checksum file is either the digest alone or lines of digest and file name (`sha256sum`). */
export function checksumIn(text: string, fileName: string): string | undefined {
  for (const line of text.split('\n')) {
    const [digest, name] = line.trim().split(/\s+\*?/);
    if (digest !== undefined && /^[0-9a-f]{64}$/i.test(digest) && (name === undefined || basename(name) === fileName))
      return digest.toLowerCase();
  }
  return undefined;
}
