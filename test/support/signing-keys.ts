import { generateKey, type PrivateKey } from 'openpgp';

/** A private key for a test. */
export async function newSigningKey(options: { type?: 'rsa' | 'ecc'; keyExpirationTime?: number; date?: Date } = {}): Promise<PrivateKey> {
  const { privateKey } = await generateKey({ type: 'ecc', rsaBits: 2048, userIDs: [{ name: 'signer' }], ...options, format: 'object' });
  return privateKey;
}
