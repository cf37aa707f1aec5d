import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptKey, readKey } from 'openpgp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ensureLocalKey,
  fingerprintOf,
  loadSigningKey,
  publicKeyArmored,
  signingKeySource,
  type SecretReader,
} from '../../activities/signing-key.ts';
import { whyNoGpg, withGpg } from '../support/gpg.ts';
import { newSigningKey } from '../support/signing-keys.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'signing-key-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function keyFile(content: string | Uint8Array): Promise<{ file: string }> {
  const file = join(home, 'key');
  await writeFile(file, content);
  return { file };
}

describe('the key that signs', () => {
  test('is read from an armored keyring', async () => {
    const key = await newSigningKey();
    expect(fingerprintOf(await loadSigningKey(await keyFile(key.armor())))).toBe(fingerprintOf(key));
  });

  test('is read from a binary keyring, and is the first that has a private key', async () => {
    const [stranger, first, second] = await Promise.all([newSigningKey(), newSigningKey(), newSigningKey()]);
    const ring = Buffer.concat([stranger.toPublic().write(), first.write(), second.write()]);
    expect(fingerprintOf(await loadSigningKey(await keyFile(ring)))).toBe(fingerprintOf(first));
  });

  test('is found in any of several armored blocks, with text around them', async () => {
    const [stranger, signer] = await Promise.all([newSigningKey(), newSigningKey()]);
    const ring = `our keys\n${stranger.toPublic().armor()}\nand\n${signer.armor()}`;
    expect(fingerprintOf(await loadSigningKey(await keyFile(ring)))).toBe(fingerprintOf(signer));
  });

  test('is the first that is usable now: locked and expired ones are passed over', async () => {
    const date = new Date(Date.now() - 86_400_000);
    const [expired, fresh, usable] = await Promise.all([newSigningKey({ date, keyExpirationTime: 60 }), newSigningKey(), newSigningKey()]);
    const locked = await encryptKey({ privateKey: fresh, passphrase: 'open sesame' });
    const ring = Buffer.concat([locked.write(), expired.write(), usable.write()]);
    expect(fingerprintOf(await loadSigningKey(await keyFile(ring)))).toBe(fingerprintOf(usable));
  });

  test.for([[], ['--armor']])('is read from what gpg exports %j', async (armor, { skip }) => {
    const missing = await whyNoGpg();
    if (missing !== undefined) return skip(missing);
    await withGpg(async (gpg) => {
      for (const name of ['one', 'two']) await gpg('--passphrase', '', '--quick-generate-key', name, 'rsa2048', 'sign');
      const path = join(home, 'exported');
      const made = await gpg(...armor, '--output', path, '--export-secret-keys');
      expect(made.stderr).not.toContain('failed');
      const key = await loadSigningKey({ file: path });
      expect((await gpg('--list-secret-keys', '--with-colons')).stdout).toContain(fingerprintOf(key));
    });
  });

  test('is read from a Secret', async () => {
    const key = await newSigningKey();
    const data = { keyring: Buffer.from(key.armor()).toString('base64') };
    const cluster = { get: async () => ({ data }) } as unknown as SecretReader;
    const loaded = await loadSigningKey({ secret: { namespace: 'ci-release', name: 'signer', key: 'keyring' } }, cluster);
    expect(fingerprintOf(loaded)).toBe(fingerprintOf(key));
  });
});

describe('a key that can not sign is refused for good, and the message says why but nothing of the key', () => {
  const unusable = (message: RegExp) =>
    expect.objectContaining({ type: 'SigningKeyUnusable', nonRetryable: true, message: expect.stringMatching(message) });

  test('no key is configured', async () => {
    await expect(loadSigningKey(undefined)).rejects.toEqual(unusable(/no signing key is configured/));
  });

  test('no such file', async () => {
    await expect(loadSigningKey({ file: join(home, 'none') })).rejects.toEqual(unusable(/there is no such file/));
  });

  test('a folder', async () => {
    await expect(loadSigningKey({ file: home })).rejects.toEqual(unusable(/can not be read \(EISDIR\)/));
  });

  test('no keyring', async () => {
    const secret = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\ntop secret';
    const failure = await loadSigningKey(await keyFile(secret)).catch((error: unknown) => error);
    expect(failure).toEqual(unusable(/not an OpenPGP keyring/));
    expect(JSON.stringify([failure, (failure as Error).stack, (failure as Error).cause])).not.toContain('top secret');
  });

  test('an empty file', async () => {
    await expect(loadSigningKey(await keyFile(''))).rejects.toEqual(unusable(/signing key/));
  });

  test('a public key only', async () => {
    const key = await newSigningKey();
    await expect(loadSigningKey(await keyFile(key.toPublic().armor()))).rejects.toEqual(
      unusable(/the provided keyring must contain a private key capable of signing$/),
    );
  });

  test('an expired key', async () => {
    const key = await newSigningKey({ date: new Date(Date.now() - 86_400_000), keyExpirationTime: 60 });
    await expect(loadSigningKey(await keyFile(key.armor()))).rejects.toEqual(unusable(/key [0-9A-F]{40} can not sign now: it is expired/));
  });

  test('a key with a passphrase', async () => {
    const locked = await encryptKey({ privateKey: await newSigningKey(), passphrase: 'open sesame' });
    await expect(loadSigningKey(await keyFile(locked.armor()))).rejects.toEqual(unusable(/has a passphrase, which is not supported/));
  });

  test.each([
    ['no such Secret', undefined, /there is no such Secret/],
    ['a Secret without the key', { data: {} }, /the Secret has no key keyring/],
  ])('%s', async (_case, answer, message) => {
    const cluster = { get: async () => answer } as unknown as SecretReader;
    await expect(loadSigningKey({ secret: { namespace: 'ns', name: 'signer', key: 'keyring' } }, cluster)).rejects.toEqual(
      unusable(message),
    );
  });

  test('a cluster that does not answer is another matter: that is tried again', async () => {
    const cluster = { get: async () => Promise.reject(new Error('connection refused')) } as unknown as SecretReader;
    await expect(loadSigningKey({ secret: { namespace: 'ns', name: 'signer', key: 'keyring' } }, cluster)).rejects.toEqual(
      new Error('connection refused'),
    );
  });
});

test('the public key is the public half alone', async () => {
  const key = await newSigningKey();
  const armored = await publicKeyArmored(await keyFile(key.armor()));
  expect(armored).toContain('BEGIN PGP PUBLIC KEY BLOCK');
  const read = await readKey({ armoredKey: armored });
  expect(read.isPrivate()).toBe(false);
  expect(fingerprintOf(read)).toBe(fingerprintOf(key));
});

test.each([
  [{ file: '/key' }, { file: '/key' }],
  [{ secret: { namespace: 'ns', name: 'n', key: 'k' } }, { secret: { namespace: 'ns', name: 'n', key: 'k' } }],
  [{}, undefined],
])('settings %j lead to %j', (settings, source) => {
  expect(signingKeySource(settings)).toEqual(source);
});

describe('the key of a local stack', () => {
  test('is made once, however many ask for it at the same time, and is for the owner alone', async () => {
    const folder = join(home, 'state');
    const paths = await Promise.all([ensureLocalKey(folder), ensureLocalKey(folder), ensureLocalKey(folder)]);
    const path = paths[0];
    expect(new Set(paths)).toEqual(new Set([join(folder, 'signing-key.asc')]));
    expect(await readdir(folder)).toEqual(['signing-key.asc']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);

    const before = await readFile(path, 'utf8');
    await ensureLocalKey(folder);
    expect(await readFile(path, 'utf8')).toBe(before);
    await expect(loadSigningKey({ file: path })).resolves.toBeDefined();
  });
});
