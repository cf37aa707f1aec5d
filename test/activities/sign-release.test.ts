import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signingActivities } from '../../activities/sign-release.ts';
import { openStore, type SignatureStore } from '../../activities/signature-store.ts';
import { signContent, verifySignature } from '../../activities/signer.ts';
import { fingerprintOf } from '../../activities/signing-key.ts';
import { signatureFolder, signaturePath } from '../../domain/audit/signature-path.ts';
import { writeSignatureContent } from '../../domain/audit/signature-content.ts';
import { whyNoGpg, withGpg } from '../support/gpg.ts';
import { newSigningKey } from '../support/signing-keys.ts';
import { testStack } from '../support/stack.ts';

const stack = testStack();
const location = 'quay.example/ocp/release:4.20.0';
const now = Date.parse('2026-11-24T01:02:03.456Z');
const startBy = now + 400;

let folder: string;
let key: PrivateKey;
let foreign: PrivateKey;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sign-release-'));
  const date = new Date(now - 86_400_000);
  [key, foreign] = await Promise.all([newSigningKey({ date }), newSigningKey({ date })]);
  await writeFile(join(folder, 'key.asc'), key.armor());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const freshDigest = () => `sha256:${Buffer.from(stack.freshName('release-image')).toString('hex').padEnd(64, '0').slice(0, 64)}`;
const inBucket = () => openStore(`gs://${stack.bucket}/${stack.freshName('audit')}`, { endpoint: stack.storageEndpoint });
/** @param at the time by the clock of the machine; the work is asked for at `now` */
const signer = (store: SignatureStore, at = now, file = join(folder, 'key.asc')) =>
  signingActivities({ store, key: { file }, now: () => at, scheduledAt: () => now });

test('signs a release and stores the signature as the first one', async () => {
  const [store, digest] = [inBucket(), freshDigest()];
  const stored = await signer(store).signRelease({ digest, location, startBy });
  expect(stored).toEqual({ path: signaturePath(digest, 1), fingerprint: fingerprintOf(key), signedAt: '2026-11-24T01:02:03.000Z' });
  const signature = (await store.read(stored.path)) as Uint8Array;
  expect(await verifySignature(signature, [key], digest, new Date(now))).toEqual({ digest, location, timestamp: Math.floor(now / 1000) });
});

describe('nothing twice', () => {
  test('a repeated activity finds what the first one stored', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    const first = await signer(store).signRelease({ digest, location, startBy });
    const again = await signer(store, now + 60_000).signRelease({ digest, location, startBy: now + 60_000 });
    expect(again).toEqual(first);
    expect(await store.list(signatureFolder(digest))).toEqual([first.path]);
  });

  test('many at once store one signature', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => signer(store).signRelease({ digest, location, startBy })));
    expect(new Set(all.map(({ path }) => path))).toEqual(new Set([signaturePath(digest, 1)]));
    expect(await store.list(signatureFolder(digest))).toHaveLength(1);
  });

  test('an answer that was lost after the object was written leaves one signature', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    const losing: SignatureStore = {
      ...store,
      async create(...object) {
        await store.create(...object);
        throw new Error('connection reset');
      },
    };
    await expect(signer(losing).signRelease({ digest, location, startBy })).rejects.toThrow('connection reset');
    expect(await signer(store).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 1) });
    expect(await store.list(signatureFolder(digest))).toHaveLength(1);
  });

  test('a signature that a worker with a faster clock made counts', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    await signer(store, now + 90_000).signRelease({ digest, location, startBy: now + 90_000 });
    await signer(store).signRelease({ digest, location, startBy });
    expect(await store.list(signatureFolder(digest))).toHaveLength(1);
  });
});

describe('beside signatures that are not ours', () => {
  const by = (signing: PrivateKey, digest: string, where: string) =>
    signContent({ digest, location: where, timestamp: Math.floor(now / 1000) }, signing);

  test('takes the next number after a foreign key and rubbish', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    const there = [await by(foreign, digest, location), new TextEncoder().encode('rubbish')];
    for (const [n, signature] of there.entries()) await store.create(signaturePath(digest, n + 1), signature, 'application/octet-stream');
    expect(await signer(store).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 3) });
  });

  test('our own signature counts, wherever the image was when it was made', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    await store.create(signaturePath(digest, 1), await by(foreign, digest, location), 'application/octet-stream');
    await store.create(signaturePath(digest, 2), await by(key, digest, 'elsewhere.example/release:1'), 'application/octet-stream');
    expect(await signer(store).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 2) });
    expect(await store.list(signatureFolder(digest))).toHaveLength(2);
  });

  test('one behind a gap is found by nobody: the gap is filled', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    await store.create(signaturePath(digest, 1), await by(foreign, digest, location), 'application/octet-stream');
    await store.create(signaturePath(digest, 3), await by(key, digest, location), 'application/octet-stream');
    expect(await signer(store).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 2) });
  });

  test('is not fooled by our own signature of another image', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    await store.create(signaturePath(digest, 1), await by(key, `sha256:${'f'.repeat(64)}`, location), 'application/octet-stream');
    expect(await signer(store).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 2) });
  });

  test('looks again when somebody was faster', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    let raced = false;
    const racing: SignatureStore = {
      ...store,
      async create(path, ...object) {
        if (!raced) await store.create(path, await by(foreign, digest, location), 'application/octet-stream');
        raced = true;
        return store.create(path, ...object);
      },
    };
    expect(await signer(racing).signRelease({ digest, location, startBy })).toMatchObject({ path: signaturePath(digest, 2) });
  });

  test('refuses to store where no client would look', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    for (let n = 1; n <= 9; n += 1) await store.create(signaturePath(digest, n), new TextEncoder().encode('rubbish'), 'text/plain');
    await expect(signer(store).signRelease({ digest, location, startBy })).rejects.toMatchObject({
      type: 'NoSignatureSlot',
      nonRetryable: true,
    });
  });
});

test('where the clock is minutes ahead of the one that permits are given by, too', async () => {
  const [store, digest] = [inBucket(), freshDigest()];
  await signer(store, now + 120_000).signRelease({ digest, location, startBy });
  expect(await store.list(signatureFolder(digest))).toEqual([signaturePath(digest, 1)]);
});

describe('refuses for good, and does nothing', () => {
  test('when the permit has run out', async () => {
    const [store, digest] = [inBucket(), freshDigest()];
    await expect(signer(store, startBy + 1).signRelease({ digest, location, startBy })).rejects.toMatchObject({
      type: 'PermitExpired',
      nonRetryable: true,
    });
    expect(await store.list(signatureFolder(digest))).toEqual([]);
  });

  test.each([
    ['a digest that is none', 'sha256:abc', location],
    ['an empty location', `sha256:${'a'.repeat(64)}`, ''],
  ])('%s', async (_case, digest, where) => {
    await expect(signer(inBucket()).signRelease({ digest, location: where, startBy })).rejects.toMatchObject({
      type: 'InvalidRelease',
      nonRetryable: true,
    });
  });

  test('a key that has expired', async () => {
    const file = join(folder, 'expired.asc');
    await writeFile(file, (await newSigningKey({ date: new Date(now - 86_400_000), keyExpirationTime: 60 })).armor());
    await expect(signer(inBucket(), now, file).signRelease({ digest: freshDigest(), location, startBy })).rejects.toMatchObject({
      type: 'SigningKeyUnusable',
      nonRetryable: true,
    });
  });
});

test('a storage that is down is an ordinary error, which is tried again', async () => {
  const store = openStore(`file://${join(folder, 'not-mounted')}`);
  await expect(signer(store).signRelease({ digest: freshDigest(), location, startBy })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('audit trap 10: a signature that another program made with the same key counts as done', async ({ skip }) => {
  const missing = await whyNoGpg();
  if (missing !== undefined) return skip(missing);
  await withGpg(async (gpg) => {
    await gpg('--passphrase', '', '--quick-generate-key', 'old auditor', 'rsa2048', 'sign');
    const file = join(folder, 'gpg.key');
    await gpg('--output', file, '--export-secret-keys');
    const [store, digest] = [openStore(`file://${folder}`), freshDigest()];
    const content = await gpg.file('content', writeSignatureContent({ digest, location, timestamp: Math.floor(Date.now() / 1000) }));
    const signed = await gpg.file('signature', '');
    await gpg('--yes', '--compress-algo', 'none', '--output', signed, '--sign', content);
    await store.create(signaturePath(digest, 1), await readFile(signed), 'application/octet-stream');
    expect(await signer(store, Date.now(), file).signRelease({ digest, location, startBy: Date.now() + 60_000 })).toMatchObject({
      path: signaturePath(digest, 1),
    });
    expect(await store.list(signatureFolder(digest))).toHaveLength(1);
  });
});
