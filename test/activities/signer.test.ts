import { createMessage, enums, readMessage, verify as verifyMessage, type PrivateKey } from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { signContent, verifySignature } from '../../activities/signer.ts';
import { fingerprintOf } from '../../activities/signing-key.ts';
import { writeSignatureContent } from '../../domain/audit/signature-content.ts';
import { whyNoGpg, withGpg } from '../support/gpg.ts';
import { newSigningKey } from '../support/signing-keys.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const made = new Date('2026-01-01T00:00:00Z');
const signed = new Date('2026-11-24T01:02:03Z');
const content = { digest, location: 'quay.example/ocp/release:4.20.0', timestamp: signed.getTime() / 1000 };

const newKey = (options: Parameters<typeof newSigningKey>[0] = {}) => newSigningKey({ date: made, ...options });

let key: PrivateKey;
let signature: Uint8Array;
beforeAll(async () => {
  key = await newKey({ type: 'rsa' });
  signature = await signContent(content, key);
});

/** Packets of new format (RFC 9580, 4.2.1) with definite lengths; anything else is none that clients must read. */
function packetsOf(bytes: Uint8Array): { tag: number; body: Buffer }[] {
  const message = Buffer.from(bytes);
  const packets: { tag: number; body: Buffer }[] = [];
  for (let at = 0; at < message.length;) {
    const [first, length] = [message.readUInt8(at), message.readUInt8(at + 1)];
    if (first < 0xc0 || (length >= 224 && length !== 255)) throw new Error(`byte ${at}: not a packet of new format and definite length`);
    const [start, size] =
      length < 192
        ? [at + 2, length]
        : length === 255
          ? [at + 6, message.readUInt32BE(at + 2)]
          : [at + 3, message.readUInt16BE(at + 1) - 0xc000 + 192];
    packets.push({ tag: first & 0x3f, body: message.subarray(start, start + size) });
    at = start + size;
  }
  return packets;
}

describe('the envelope', () => {
  test('is one-pass signature, literal data, signature, without armor or compression', () => {
    const { onePassSignature, literalData, signature: end } = enums.packet;
    expect(packetsOf(signature).map(({ tag }) => tag)).toEqual([onePassSignature, literalData, end]);
  });

  test('has literal data of format u, without name and time, that is the content to the byte', () => {
    expect(packetsOf(signature)[1]?.body.toString('latin1')).toBe(`u\0\0\0\0\0${writeSignatureContent(content)}`);
  });

  test('is signed as binary by a hash that the key prefers', async () => {
    const { selfCertification } = await key.getPrimaryUser();
    const [version, type, , hash] = packetsOf(signature)[2]?.body ?? [];
    expect([version, type, hash]).toEqual([4, enums.signature.binary, selfCertification.preferredHashAlgorithms?.[0]]);
  });

  test('is signed at the time that the content names, and says nothing of its own', async () => {
    const { signatures } = await verifyMessage({
      message: await readMessage({ binaryMessage: signature }),
      verificationKeys: key,
      format: 'binary',
      date: signed,
    });
    const packet = (await signatures[0]?.signature)?.packets[0];
    expect(packet).toMatchObject({ created: signed, rawNotations: [] });
  });
});

describe('verifying', () => {
  const verify = (bytes: Uint8Array, keys = [key], of = digest, now = signed) => verifySignature(bytes, keys, of, now);

  test('gives back what was signed', async () => {
    expect(await verify(signature, [await newKey(), key])).toEqual(content);
  });

  test('refuses a signature by an unknown key', async () => {
    expect(await verify(signature, [await newKey()])).toBeUndefined();
  });

  test('refuses a signature of another image', async () => {
    expect(await verify(signature, [key], `sha256:${'f'.repeat(64)}`)).toBeUndefined();
  });

  test('refuses a byte that was changed', async () => {
    const forged = Buffer.from(signature);
    forged[forged.indexOf('4.20.0')] = '5'.charCodeAt(0);
    expect(await verify(forged)).toBeUndefined();
  });

  test('refuses an unsigned message, something else that was signed, and rubbish', async () => {
    const unsigned = await createMessage({ text: writeSignatureContent(content) });
    const other = await signContent({ ...content, location: '' }, key);
    for (const bytes of [unsigned.write() as Uint8Array, other, Buffer.from('rubbish'), new Uint8Array()])
      expect(await verify(bytes)).toBeUndefined();
  });

  test('refuses a signature from the future', async () => {
    expect(await verify(signature, [key], digest, new Date(signed.getTime() - 1_000))).toBeUndefined();
  });
});

test('a key that has expired does not sign', async () => {
  const expired = await newKey({ keyExpirationTime: 60 });
  await expect(signContent(content, expired)).rejects.toThrow(/expired/);
});

describe.each(['rsa', 'ecc'] as const)('gpg, with a key of type %s', (type) => {
  test('accepts the signature against the public key and shows the content', async ({ skip }) => {
    const missing = await whyNoGpg();
    if (missing !== undefined) return skip(missing);
    const signer = await newKey({ type });
    const bytes = await signContent(content, signer);
    await withGpg(async (gpg) => {
      expect((await gpg('--import', await gpg.file('key.asc', signer.toPublic().armor()))).ok).toBe(true);
      const verified = await gpg('--verify', await gpg.file('signature-1', bytes));
      expect(verified.stderr).toContain(`VALIDSIG ${fingerprintOf(signer)}`);
      expect(verified.ok).toBe(true);
      expect((await gpg('--decrypt', await gpg.file('signature-1', bytes))).stdout).toBe(writeSignatureContent(content));
    });
  });
});

test('gpg refuses the signature with another key', async ({ skip }) => {
  const missing = await whyNoGpg();
  if (missing !== undefined) return skip(missing);
  await withGpg(async (gpg) => {
    await gpg('--import', await gpg.file('key.asc', (await newKey()).toPublic().armor()));
    expect((await gpg('--verify', await gpg.file('signature-1', signature))).ok).toBe(false);
  });
});
