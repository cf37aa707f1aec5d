import { createMessage, enums, readMessage, sign, verify, type Key, type PrivateKey } from 'openpgp';
import { readSignatureContent, writeSignatureContent, type SignatureContent } from '../domain/audit/signature-content.ts';

/**
 * One signature in the form that clusters read: a binary OpenPGP message of one-pass signature, literal data
 * (format `u`, no name, time 0) and signature, neither armored nor compressed (openshift/release-controller, pkg/signer/signer.go).
 *
 * @throws Error when no part of the key may sign now: expired, revoked, or meant for something else
 */
export async function signContent(content: SignatureContent, key: PrivateKey): Promise<Uint8Array> {
  const binary = new TextEncoder().encode(writeSignatureContent(content));
  const message = await createMessage({ binary, format: 'utf8', filename: '', date: new Date(0) });
  return sign({
    message,
    signingKeys: key,
    format: 'binary',
    date: new Date(content.timestamp * 1000),
    // The notation is this library's own addition, of no use to readers.
    config: { preferredHashAlgorithm: await hashOf(key), nonDeterministicSignaturesViaNotation: false },
  });
}

/**
 * What a signature says, when it is a valid one by one of the keys and says it of this image.
 *
 * @param digest `sha256:<hex>`
 * @param now signatures and keys past their lifetime then are refused
 * @returns undefined for whatever clients would refuse, too
 */
export async function verifySignature(
  signature: Uint8Array,
  keys: readonly Key[],
  digest: string,
  now: Date,
): Promise<SignatureContent | undefined> {
  const text = await signedText(signature, keys, now);
  const content = text === undefined ? undefined : readSignatureContent(text);
  return content?.digest === digest ? content : undefined;
}

async function signedText(signature: Uint8Array, keys: readonly Key[], now: Date): Promise<string | undefined> {
  try {
    const message = await readMessage({ binaryMessage: signature });
    const { data, signatures } = await verify({ message, verificationKeys: [...keys], date: now, format: 'binary' });
    await Promise.any(signatures.map(({ verified }) => verified));
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}

const { sha256, sha384, sha512, sha3_256, sha3_512 } = enums.hash;
const acceptable: readonly enums.hash[] = [sha256, sha384, sha512, sha3_256, sha3_512];

/** The first of the key's stated preferences that clients accept. */
async function hashOf(key: PrivateKey): Promise<enums.hash> {
  const { selfCertification } = await key.getPrimaryUser();
  return selfCertification.preferredHashAlgorithms?.find((hash) => acceptable.includes(hash)) ?? sha256;
}
