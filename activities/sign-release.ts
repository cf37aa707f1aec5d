import type { Key, PrivateKey } from 'openpgp';
import { isImageDigest } from '../domain/audit/digest.ts';
import { isLate } from '../domain/audit/permits.ts';
import type { SignatureContent } from '../domain/audit/signature-content.ts';
import { foundByClients, freeIndex, signaturePath } from '../domain/audit/signature-path.ts';
import type { SigningActivities, SigningOrder, StoredSignature } from './audit-contract.ts';
import { permanent } from './permanent.ts';
import { signaturesOf, type SignatureStore } from './signature-store.ts';
import { signContent, verifySignature } from './signer.ts';
import { fingerprintOf, loadSigningKey, type SecretReader, type SigningKeySource } from './signing-key.ts';

export interface SigningDependencies {
  store: SignatureStore;
  /** undefined: not configured, and audits wait and say so */
  key: SigningKeySource | undefined;
  /** needed when the key is in a Secret */
  cluster?: SecretReader;
  now: () => number;
  /** when the work that is under way was asked for, by Temporal's clock */
  scheduledAt: () => number;
}

const mostLooks = 20;
/** A signature that a worker with a faster clock made is still ours. */
const clockToleranceMs = 5 * 60_000;

/** The activities of the workers that have the signing key. */
export function signingActivities({ store, key: source, cluster, now, scheduledAt }: SigningDependencies): SigningActivities {
  return {
    async signRelease(order) {
      refuseIfLate(order, scheduledAt(), now());
      refuseIfInvalid(order);
      const key = await loadSigningKey(source, cluster, new Date(now()));
      return signAndStore(store, order, key, now);
    },
  };
}

function refuseIfLate({ startBy }: SigningOrder, scheduledAt: number, now: number): void {
  if (isLate(startBy, scheduledAt, now)) throw permanent('PermitExpired', `the permit ended ${now - startBy} ms ago; a new one is needed`);
}

function refuseIfInvalid({ digest, location }: SigningOrder): void {
  if (!isImageDigest(digest)) throw permanent('InvalidRelease', `invalid digest ${digest}: it is not sha256: and 64 hexadecimal digits`);
  if (location === '') throw permanent('InvalidRelease', `${digest}: nothing says where the image is`);
}

/**
 * look what is there -> ours: done
 *                    -> sign, write under the first free number -> taken meanwhile: look again
 */
async function signAndStore(store: SignatureStore, order: SigningOrder, key: PrivateKey, now: () => number): Promise<StoredSignature> {
  let path = '';
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const { taken, ours } = await look(store, order, key, now());
    if (ours !== undefined) return ours;
    const index = freeIndex(taken);
    if (index === undefined)
      throw permanent('NoSignatureSlot', `${order.digest} has so many signatures that clients would not find another one`);

    const content: SignatureContent = { digest: order.digest, location: order.location, timestamp: Math.floor(now() / 1000) };
    path = signaturePath(order.digest, index);
    if (await store.create(path, await sealed(content, key), 'application/octet-stream')) return stored(path, key, content);
  }
  throw new Error(`a signature already exists at ${path}: others add signatures faster than they can be read`);
}

/**
 * Numbers taken, and our own signature of the image if clients find one. Where it was when that was signed does not matter
 * to them; one behind a gap is as good as none.
 */
async function look(
  store: SignatureStore,
  { digest }: SigningOrder,
  key: Key,
  now: number,
): Promise<{ taken: number[]; ours?: StoredSignature }> {
  const there = await signaturesOf(store, digest);
  const taken = there.map(({ index }) => index);
  const found = foundByClients(taken);
  for (const { index, path } of there) {
    if (!found.includes(index)) continue;
    const signature = await store.read(path);
    const content = signature && (await verifySignature(signature, [key], digest, new Date(now + clockToleranceMs)));
    if (content) return { taken, ours: stored(path, key, content) };
  }
  return { taken };
}

async function sealed(content: SignatureContent, key: PrivateKey): Promise<Uint8Array> {
  try {
    return await signContent(content, key);
  } catch (error) {
    throw permanent('SigningKeyUnusable', `signing key ${fingerprintOf(key)}: ${(error as Error).message}`);
  }
}

function stored(path: string, key: Key, { timestamp }: SignatureContent): StoredSignature {
  return { path, fingerprint: fingerprintOf(key), signedAt: new Date(timestamp * 1000).toISOString() };
}
