import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { causeOf } from './failed-fetch.ts';
import { anonymous, Registries, Unreachable } from './registry-requests.ts';
import { manifestTypes } from './registry.ts';

/** What the registry gave is not what its digest says. */
export class Tampered extends Error {
  override name = 'Tampered';
}

/** Reads images by digest from any registry, and believes nothing that it did not hash itself. */
export interface ContentReader {
  /** @throws Unreachable, Tampered */
  manifest(repository: string, digest: string): Promise<string>;
  /** Reads a configuration or layer to its end. @throws Unreachable, Tampered */
  blob(repository: string, digest: string, size: number | undefined, consume?: (content: Readable) => Promise<void>): Promise<void>;
}

/** Longest silence of a registry; a large layer may take as long as it likes. */
const silenceMs = 60_000;
const longestManifest = 4 * 1024 * 1024;

/** @param patienceMs longest time until an answer begins */
export function contentReader(registries: Registries = anonymous, patienceMs: number = silenceMs): ContentReader {
  async function get(repository: string, path: string, accept: string): Promise<Response> {
    const url = `${Registries.addressOf(repository)}/${path}`;
    const begun = new AbortController();
    const timer = setTimeout(() => begun.abort(new Error('no answer')), patienceMs);
    const response = await registries
      .send(repository, url, { headers: { accept }, signal: begun.signal })
      .finally(() => clearTimeout(timer));
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Unreachable(`GET ${url}: ${response.status}`);
  }

  return {
    async manifest(repository, digest) {
      const response = await get(repository, `manifests/${digest}`, manifestTypes);
      const chunks: Buffer[] = [];
      await hashed(response, digest, undefined, async (content) => {
        let length = 0;
        for await (const chunk of content) {
          length += (chunk as Buffer).length;
          if (length > longestManifest) throw new Tampered(`manifest ${digest} has more than ${longestManifest} bytes`);
          chunks.push(chunk as Buffer);
        }
      });
      return Buffer.concat(chunks).toString('utf8');
    },
    async blob(repository, digest, size, consume) {
      await hashed(await get(repository, `blobs/${digest}`, '*/*'), digest, size, consume);
    },
  };
}

/** Hands the content on and hashes every byte of it, also those that nobody wants. */
async function hashed(
  response: Response,
  digest: string,
  size: number | undefined,
  consume: ((content: Readable) => Promise<void>) | undefined,
): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  let broken: unknown;
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as ReadableStream);
  async function* counted(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        length += chunk.length;
        yield chunk;
      }
    } catch (error) {
      broken = error;
      throw error;
    }
  }
  const bytes = counted();
  const unreadable = await consumed(bytes, consume);
  if (broken !== undefined) throw new Unreachable(`GET ${response.url}: ${causeOf(broken)}`);
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw new Tampered(`${digest} has the content of ${found}`);
  if (size !== undefined && size !== length) throw new Tampered(`${digest} has ${length} bytes, and its manifest says ${size}`);
  if (unreadable !== undefined) throw new Tampered(`${digest} can not be read: ${causeOf(unreadable)}`);
}

/** Reads to the end in any case, since the hash needs it. @returns why the reader gave up */
async function consumed(bytes: AsyncGenerator<Buffer>, consume: ((content: Readable) => Promise<void>) | undefined): Promise<unknown> {
  // The generator goes on after a reader that stops early.
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) };
  let failure: unknown;
  try {
    await consume?.(Readable.from(rest, { objectMode: false }));
  } catch (error) {
    failure = error;
  }
  try {
    for await (const _ of rest);
  } catch {
    // said by what reads the body
  }
  return failure;
}
