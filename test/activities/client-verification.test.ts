import { createMessage, sign, type PrivateKey } from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { verifyAsClients, type KeyGroup } from '../../activities/client-verification.ts';
import { openStore, type SignatureStore } from '../../activities/signature-store.ts';
import { signContent } from '../../activities/signer.ts';
import { fingerprintOf } from '../../activities/signing-key.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { writeSignatureContent } from '../../domain/audit/signature-content.ts';
import { whyNoGpg, withGpg } from '../support/gpg.ts';
import { newSigningKey } from '../support/signing-keys.ts';
import { testStack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const stack = testStack();
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const now = new Date('2026-11-24T01:02:03Z');
const content = { digest, location: 'quay.example/ocp/release:4.20.1', timestamp: now.getTime() / 1000 - 60 };

let [ours, theirs, stranger, shortLived]: PrivateKey[] = [];
beforeAll(async () => {
  const date = new Date('2026-01-01T00:00:00Z');
  const day = 86_400;
  [ours, theirs, stranger, shortLived] = await Promise.all([
    newSigningKey({ date }),
    newSigningKey({ date }),
    newSigningKey({ date }),
    newSigningKey({ date, keyExpirationTime: 30 * day }),
  ]);
});
const group = (name: string, ...keys: (PrivateKey | undefined)[]): KeyGroup => ({ name, keys: keys.map((key) => key!.toPublic()) });

const inFolder = () => openStore(`file://${temporaryFolder('verify')}`);
const inBucket = () => openStore(`gs://${stack.bucket}/${stack.freshName('verify')}`, { endpoint: stack.storageEndpoint });

async function put(store: SignatureStore, ...signatures: (Uint8Array | undefined)[]): Promise<void> {
  for (const [index, bytes] of signatures.entries())
    if (bytes !== undefined) await store.create(signaturePath(digest, index + 1), bytes, 'application/octet-stream');
}

/** Signs any text, whether clients would read it or not. */
async function seal(text: string, key: PrivateKey | undefined): Promise<Uint8Array> {
  const message = await createMessage({ binary: new TextEncoder().encode(text) });
  return sign({ message, signingKeys: key!, format: 'binary', date: new Date(content.timestamp * 1000) });
}

const verdictOf = async (store: SignatureStore, ...groups: KeyGroup[]) => verifyAsClients(store, digest, groups, now);

describe.each([
  ['a copy in a folder', inFolder],
  ['a bucket', inBucket],
])('in %s', (_where, open) => {
  test('an image with our signature is verified, and its record fits', async () => {
    const store = open();
    await put(store, await signContent(content, ours!));
    const fingerprint = fingerprintOf(ours!);
    const record = { schemaVersion: 1, digest, signature: { path: signaturePath(digest, 1), fingerprint } };
    await store.create('audit/ocp/4.20.1.json', new TextEncoder().encode(JSON.stringify(record)), 'application/json');
    await store.create('audit/ocp/4.20.10.json', new TextEncoder().encode('{}'), 'application/json');
    await store.create('audit/ocp/4.20.1/attempt-1.json', new TextEncoder().encode('{}'), 'application/json');
    expect(await verdictOf(store, group('ours', ours))).toEqual({
      digest,
      verified: true,
      groups: [{ name: 'ours', satisfied: true, by: signaturePath(digest, 1) }],
      signatures: [
        {
          path: signaturePath(digest, 1),
          counts: true,
          why: `signed by ${fingerprint} at 2026-11-24T01:01:03.000Z as quay.example/ocp/release:4.20.1`,
          groups: ['ours'],
          fingerprint,
          location: content.location,
          signedAt: '2026-11-24T01:01:03.000Z',
        },
      ],
      records: [{ path: 'audit/ocp/4.20.1.json', problems: [] }],
    });
  });

  test('an image without signatures is not verified', async () => {
    expect(await verdictOf(open(), group('ours', ours))).toMatchObject({ verified: false, signatures: [], records: [] });
  });
});

describe('each signature is told why it counts or not', () => {
  test.each<[string, () => Promise<Uint8Array> | Uint8Array, RegExp]>([
    ['rubbish', () => new TextEncoder().encode('rubbish'), /^it is no OpenPGP message$/],
    ['too large', () => new Uint8Array(50 * 1024 + 1), /^it has 51201 bytes, and clients read no more than 51200$/],
    [
      'by a stranger',
      () => signContent(content, stranger!),
      /^the provided signature could not be verified against any key: .* \(by key [0-9A-F]{16}\)$/,
    ],
    [
      'of another image',
      () => signContent({ ...content, digest: `sha256:${'f'.repeat(64)}` }, ours!),
      /^it is of another image, sha256:f{64}/,
    ],
    [
      'with an unknown field',
      () => seal(writeSignatureContent(content).replace('"creator"', '"note": "", "creator"'), ours),
      /the unknown field optional\.note/,
    ],
    ['not JSON', () => seal('hello', ours), /^what it signs is not JSON/],
    [
      'tampered with',
      async () => {
        const bytes = await signContent(content, ours!);
        const at = Buffer.from(bytes).indexOf('4.20.1');
        return Buffer.from(bytes).fill('9', at, at + 1);
      },
      /^the provided signature could not be verified against any key: /,
    ],
  ])('%s', async (_case, signature, why) => {
    const store = inFolder();
    await put(store, await signature(), await signContent(content, ours!));
    const { verified, signatures } = await verdictOf(store, group('ours', ours, shortLived));
    expect(signatures.map(({ counts }) => counts)).toEqual([false, true]);
    expect(signatures[0]?.why).toMatch(why);
    expect(verified).toBe(true);
  });

  test('one that was made while its key was good counts, as it does for clients', async () => {
    const store = inFolder();
    await put(store, await signContent({ ...content, timestamp: Date.parse('2026-01-05T00:00:00Z') / 1000 }, shortLived!));
    expect(await verdictOf(store, group('ours', shortLived))).toMatchObject({ verified: true });
  });

  test('behind a gap, and beyond the ninth', async () => {
    const store = inFolder();
    const good = await signContent(content, ours!);
    await put(store, await signContent(content, theirs!), undefined, good);
    await store.create(signaturePath(digest, 10), good, 'application/octet-stream');
    const { verified, signatures } = await verdictOf(store, group('ours', ours));
    expect(verified).toBe(false);
    expect(signatures.map(({ why }) => why)).toEqual([
      expect.stringMatching(/could not be verified against any key/),
      'a number before it is missing, where clients stop',
      'clients look no further than number 9',
    ]);
  });

  test('every group must have signed', async () => {
    const store = inFolder();
    await put(store, await signContent(content, ours!));
    const [both, one] = [
      await verdictOf(store, group('ours', ours), group('theirs', theirs)),
      await verdictOf(store, group('any', theirs, ours)),
    ];
    expect([both.verified, one.verified]).toEqual([false, true]);
    await store.create(signaturePath(digest, 2), await signContent(content, theirs!), 'application/octet-stream');
    expect((await verdictOf(store, group('ours', ours), group('theirs', theirs))).verified).toBe(true);
  });

  test('a record that contradicts them is told', async () => {
    const store = inFolder();
    await put(store, await signContent(content, ours!));
    for (const [name, text] of [
      ['a', '{}'],
      ['b', JSON.stringify({ schemaVersion: 1, digest: 'sha256:other', signature: { path: 'x', fingerprint: 'y' } })],
    ])
      await store.create(`audit/${name}/4.20.1.json`, new TextEncoder().encode(text), 'application/json');
    expect((await verdictOf(store, group('ours', ours))).records).toEqual([
      { path: 'audit/a/4.20.1.json', problems: ['it is no audit record'] },
      { path: 'audit/b/4.20.1.json', problems: ['it is of another image, sha256:other', 'the signature that it names, x, is not there'] },
    ]);
  });
});

test('gpg judges the same', async ({ skip }) => {
  const missing = await whyNoGpg();
  if (missing !== undefined) return skip(missing);
  const key = await newSigningKey({ type: 'rsa', date: new Date('2026-01-01T00:00:00Z') });
  const good = await signContent(content, key);
  const bad = Buffer.from(good);
  bad.fill('9', bad.indexOf('4.20.1'), bad.indexOf('4.20.1') + 1);
  await withGpg(async (gpg) => {
    await gpg('--import', await gpg.file('key.asc', key.toPublic().armor()));
    for (const [name, bytes] of [
      ['good', good],
      ['bad', bad],
      ['foreign', await signContent(content, stranger!)],
    ] as const) {
      const store = inFolder();
      await put(store, bytes);
      const judged = await gpg('--faked-system-time', '20261124T010203', '--verify', await gpg.file(name, bytes));
      const { verified } = await verdictOf(store, group('key', key));
      expect([name, verified]).toEqual([name, judged.ok]);
    }
  });
});
