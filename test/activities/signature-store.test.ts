import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, signaturesOf, StoreUrlError, type SignatureStore } from '../../activities/signature-store.ts';
import { freePort } from '../support/free-port.ts';
import { testStack } from '../support/stack.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (content: Uint8Array | undefined) => content && Buffer.from(content).toString('utf8');

const stack = testStack();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const stores: [string, () => SignatureStore][] = [
  ['a folder', () => openStore(`file://${folder}`)],
  ['a bucket', () => openStore(`gs://${stack.bucket}/${stack.freshName('prefix')}`, { endpoint: stack.storageEndpoint })],
  ['a whole bucket', () => openStore(`gs://${stack.bucket}`, { endpoint: stack.storageEndpoint })],
];

describe.each(stores)('%s', (_case, open) => {
  const root = stack.freshName('signatures');

  test('keeps what was written first', async () => {
    const store = open();
    expect(await store.create(`${root}/first`, bytes('one'), 'text/plain')).toBe(true);
    expect(await store.create(`${root}/first`, bytes('two'), 'text/plain')).toBe(false);
    expect(textOf(await store.read(`${root}/first`))).toBe('one');
  });

  test('has one winner when many write at once', async () => {
    const store = open();
    const written = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => store.create(`${root}/race`, bytes(`writer ${n}`), 'text/plain')));
    expect(written.filter(Boolean)).toEqual([true]);
    expect(textOf(await store.read(`${root}/race`))).toBe(`writer ${written.indexOf(true) + 1}`);
  });

  test('lists what lies below a folder, and nothing beside it', async () => {
    const store = open();
    for (const path of ['b', 'a/x', 'a/y']) await store.create(`${root}/list/${path}`, bytes(path), 'text/plain');
    await store.create(`${root}/list2/c`, bytes('c'), 'text/plain');
    expect(await store.list(`${root}/list/`)).toEqual([`${root}/list/a/x`, `${root}/list/a/y`, `${root}/list/b`]);
    expect(await store.list(`${root}/none/`)).toEqual([]);
  });

  test('has nothing where nothing was written', async () => {
    expect(await open().read(`${root}/none`)).toBeUndefined();
  });

  test('knows the signatures of one image by their numbers', async () => {
    const store = open();
    const digest = `sha256:${Buffer.from(root).toString('hex').padEnd(64, '0').slice(0, 64)}`;
    const below = `signatures/openshift/release/${digest.replace(':', '=')}`;
    for (const name of ['signature-10', 'signature-2', 'readme']) await store.create(`${below}/${name}`, bytes(name), 'text/plain');
    expect(await signaturesOf(store, digest)).toEqual([
      { index: 2, path: `${below}/signature-2` },
      { index: 10, path: `${below}/signature-10` },
    ]);
  });
});

describe('trouble is an error, and never an empty store', () => {
  test('a folder that is not there', async () => {
    const store = openStore(`file://${join(folder, 'not-mounted')}`);
    await expect(store.list('signatures/')).rejects.toThrow(/ENOENT/);
    await expect(store.read('audit/x')).rejects.toThrow(/ENOENT/);
    await expect(store.create('audit/x', bytes('x'), 'text/plain')).rejects.toThrow(/ENOENT/);
  });

  test('a folder where a file should be', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openStore(`file://${folder}`).create('file/x', bytes('x'), 'text/plain')).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  test('a bucket that does not exist', async () => {
    const store = openStore('gs://no-such-bucket', { endpoint: stack.storageEndpoint });
    await expect(store.create('x', bytes('x'), 'text/plain')).rejects.toThrow();
    await expect(store.list('signatures/')).rejects.toThrow();
  });

  test('a service that does not answer', async () => {
    const store = openStore('gs://bucket', { endpoint: `http://127.0.0.1:${await freePort()}` });
    await expect(store.create('x', bytes('x'), 'text/plain')).rejects.toThrow(/ECONNREFUSED/);
    await expect(store.list('signatures/')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a service that takes the request and then is silent', async () => {
    const silent = http.createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    onTestFinished(() => silent.closeAllConnections());
    await once(silent, 'listening');
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const store = openStore('gs://bucket', { endpoint, patienceMs: 300 });
    for (const asked of [store.create('x', bytes('x'), 'text/plain'), store.list('signatures/'), store.read('x')])
      await expect(asked).rejects.toThrow(/gs:\/\/bucket.* within 0\.3 s/);
  });
});

test.each(['', 's3://bucket', 'file://folder', 'file://folder/inside', 'file:///', 'gs://', 'gs:///prefix', '/folder'])(
  '%j is no store',
  (url) => {
    expect(() => openStore(url)).toThrow(StoreUrlError);
  },
);
