import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { manifestTypes, schemeOf } from './registry.ts';

/** The registry did not give what was asked for: it is away, refuses, or does not have it. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

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

/** @param fetching what requests are made with; registries with plain HTTP on loopback, HTTPS elsewhere */
export function contentReader(fetching: typeof fetch = fetch): ContentReader {
  const tokens = new Map<string, string>();

  async function get(repository: string, path: string, accept: string): Promise<Response> {
    const [host = '', ...rest] = repository.split('/');
    const url = `${schemeOf(host)}://${host}/v2/${rest.join('/')}/${path}`;
    const first = await ask(url, accept, tokens.get(repository));
    if (first.status !== 401) return answered(url, first);
    await first.body?.cancel();
    const token = await anonymousToken(fetching, first.headers.get('www-authenticate') ?? '');
    if (token === undefined) throw new Unreachable(`GET ${url}: 401`);
    tokens.set(repository, token);
    return answered(url, await ask(url, accept, token));
  }

  async function ask(url: string, accept: string, token: string | undefined): Promise<Response> {
    const headers = { accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const begun = new AbortController();
    const timer = setTimeout(() => begun.abort(new Error('no answer')), silenceMs);
    try {
      return await fetching(url, { headers, signal: begun.signal });
    } catch (error) {
      throw new Unreachable(`GET ${url}: ${causeOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
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

async function answered(url: string, response: Response): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Unreachable(`GET ${url}: ${response.status}`);
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

/** What public registries give to everybody (distribution's token authentication). */
async function anonymousToken(fetching: typeof fetch, challenge: string): Promise<string | undefined> {
  const given = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  const { realm, service = '', scope = '' } = given;
  if (!/^bearer /i.test(challenge) || realm === undefined) return undefined;
  try {
    const response = await fetching(`${realm}?${new URLSearchParams({ service, scope })}`, { signal: AbortSignal.timeout(silenceMs) });
    const { token, access_token: alternative } = (await response.json()) as { token?: string; access_token?: string };
    return token ?? alternative;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
