import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enums, generateKey, type Key, type PrivateKey } from 'openpgp';
import { readKeyring } from './keyring.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { secrets } from './kubernetes/resources.ts';
import { permanent } from './permanent.ts';

/** Where the signing key is kept: a keyring, armored or binary, with a private key without passphrase. */
export type SigningKeySource = { file: string } | { secret: { namespace: string; name: string; key: string } };

/** What reads a Secret; only needed for keys that are kept in one. */
export type SecretReader = Pick<KubernetesClient, 'get'>;

/** What the settings say; undefined where they name no key. */
export function signingKeySource({
  file,
  secret,
}: {
  file?: string | undefined;
  secret?: { namespace: string; name: string; key: string } | undefined;
}): SigningKeySource | undefined {
  if (file !== undefined) return { file };
  return secret === undefined ? undefined : { secret };
}

/**
 * The key that signs: the first of the keyring that has a private key, whose primary key can sign by its algorithm
 * (openshift/release-controller, pkg/signer/signer.go), and which is usable now: without a passphrase, neither expired nor
 * revoked. It is read at each use, so a mended key works at once.
 *
 * @throws SigningKeyUnusable (permanent), without a word of what the keyring holds
 */
export async function loadSigningKey(
  source: SigningKeySource | undefined,
  cluster?: SecretReader,
  now: Date = new Date(),
): Promise<PrivateKey> {
  if (source === undefined) throw permanent('SigningKeyUnusable', 'no signing key is configured');
  const candidates = (await keysOf(source, cluster)).filter(canSign);
  if (candidates.length === 0) throw unusable(source, 'the provided keyring must contain a private key capable of signing');
  const open = candidates.filter((key) => key.isDecrypted());
  for (const key of open) if (await signsAt(key, now)) return key;
  const [first] = open;
  if (first !== undefined)
    throw unusable(source, `key ${fingerprintOf(first)} can not sign now: it is expired, revoked or meant for something else`);
  throw unusable(source, 'the private key has a passphrase, which is not supported; export it without one');
}

async function signsAt(key: PrivateKey, now: Date): Promise<boolean> {
  return key.getSigningKey(undefined, now).then(
    () => true,
    () => false,
  );
}

/** The public half, armored, for those who check signatures. Errors as for `loadSigningKey`. */
export async function publicKeyArmored(source: SigningKeySource | undefined, cluster?: SecretReader): Promise<string> {
  return (await loadSigningKey(source, cluster)).toPublic().armor();
}

/** Upper-case hexadecimal, as gpg shows it. */
export const fingerprintOf = (key: Key): string => key.getFingerprint().toUpperCase();

/**
 * The signing key of a local stack, made at the first call and kept for ever. Of several callers at once all get the
 * same key. RSA, since the OpenPGP library in OpenShift's clients reads nothing newer.
 *
 * @returns path of the key, readable by the owner alone
 */
export async function ensureLocalKey(home: string): Promise<string> {
  const path = join(home, 'signing-key.asc');
  if (await exists(path)) return path;
  await mkdir(home, { recursive: true });
  const userIDs = [{ name: 'Waybill local stack' }];
  // An hour old, so that it is good at once, also by a clock that is behind this one.
  const date = new Date(Date.now() - 3_600_000);
  const { privateKey } = await generateKey({ type: 'rsa', rsaBits: 3072, userIDs, subkeys: [], date });
  // Under a name of its own until it is whole; linking fails where another process was faster.
  const partial = `${path}.${randomUUID()}`;
  try {
    await writeFile(partial, privateKey, { mode: 0o600, flag: 'wx', flush: true });
    await link(partial, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

async function keysOf(source: SigningKeySource, cluster: SecretReader | undefined): Promise<Key[]> {
  const bytes = 'file' in source ? await fromFile(source) : await fromSecret(source, cluster);
  try {
    return await readKeyring(bytes);
  } catch {
    // The parser's message may quote what it read.
    throw unusable(source, 'it is not an OpenPGP keyring');
  }
}

async function fromFile({ file }: { file: string }): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unusable(
      { file },
      isErrno(error, 'ENOENT') ? 'there is no such file' : `it can not be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** @throws what the cluster client throws (retried) when the API server does not answer */
async function fromSecret(source: Extract<SigningKeySource, { secret: unknown }>, cluster: SecretReader | undefined): Promise<Buffer> {
  if (cluster === undefined) throw unusable(source, 'no cluster is configured to read it from');
  const { namespace, name, key } = source.secret;
  const secret = await cluster.get<{ data?: Record<string, string> }>(secrets, namespace, name);
  const data = secret?.data?.[key];
  if (data === undefined) throw unusable(source, secret === undefined ? 'there is no such Secret' : `the Secret has no key ${key}`);
  return Buffer.from(data, 'base64');
}

/** By algorithm, as upstream judges it; usage flags are looked at when the signature is made. */
function canSign(key: Key): key is PrivateKey {
  return key.isPrivate() && !encryptionOnly.has(key.keyPacket.algorithm);
}

const encryptionOnly = new Set<enums.publicKey>([
  enums.publicKey.rsaEncrypt,
  enums.publicKey.elgamal,
  enums.publicKey.ecdh,
  enums.publicKey.x25519,
  enums.publicKey.x448,
]);

function unusable(source: SigningKeySource, why: string) {
  const where = 'file' in source ? source.file : `${source.secret.namespace}/${source.secret.name}`;
  return permanent('SigningKeyUnusable', `signing key ${where}: ${why}`);
}

const isErrno = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    },
  );
}
