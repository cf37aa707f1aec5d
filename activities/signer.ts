import { createMessage, enums, readMessage, sign, verify, type Key, type PrivateKey } from 'openpgp';
import { contentProblem, readSignatureContent, writeSignatureContent, type SignatureContent } from '../domain/audit/signature-content.ts';

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
  const judged = await judgeSignature(signature, keys, digest, now);
  return judged.counts ? judged.content : undefined;
}

export type JudgedSignature =
  | { counts: true; content: SignatureContent; fingerprint: string }
  /** `keyIds` of those who claim to have signed, upper-case hexadecimal */
  | { counts: false; why: string; keyIds: string[] };

/** The same, with the reason where clients would refuse it (openshift/release-controller, pkg/signer/signer.go). */
export async function judgeSignature(signature: Uint8Array, keys: readonly Key[], digest: string, now: Date): Promise<JudgedSignature> {
  const refused = (why: string, keyIds: string[] = []): JudgedSignature => ({ counts: false, why, keyIds });
  const message = await readMessage({ binaryMessage: signature }).catch(() => undefined);
  if (message === undefined) return refused('it is no OpenPGP message');
  const ids = message.getSigningKeyIDs().map((id) => id.toHex().toUpperCase());
  if (ids.length === 0) return refused('the message is not signed');
  try {
    const { data, signatures } = await verify({ message, verificationKeys: [...keys], date: now, format: 'binary' });
    const signer = await Promise.any(
      signatures.map(async ({ keyID, verified }) => ((await verified) ? keyID : Promise.reject(new Error('bad signature')))),
    );
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    const content = readSignatureContent(text);
    if (content === undefined) return refused(contentProblem(text) ?? 'what it signs is not readable', ids);
    if (content.digest !== digest) return refused(`it is of another image, ${content.digest}`, ids);
    const key = keys.find((each) => each.getKeyIDs().some((id) => id.equals(signer)));
    return { counts: true, content, fingerprint: (key?.getFingerprint() ?? '').toUpperCase() };
  } catch (error) {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    const detail = first instanceof Error ? first.message : String(first);
    return refused(`the provided signature could not be verified against any key: ${detail}`, ids);
  }
}

const { sha256, sha384, sha512, sha3_256, sha3_512 } = enums.hash;
const acceptable: readonly enums.hash[] = [sha256, sha384, sha512, sha3_256, sha3_512];

/** The first of the key's stated preferences that clients accept. */
async function hashOf(key: PrivateKey): Promise<enums.hash> {
  const { selfCertification } = await key.getPrimaryUser();
  return selfCertification.preferredHashAlgorithms?.find((hash) => acceptable.includes(hash)) ?? sha256;
}
