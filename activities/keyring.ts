import { readKeys, type Key } from 'openpgp';

const blocks = /-----BEGIN PGP (PRIVATE|PUBLIC) KEY BLOCK-----[\s\S]*?-----END PGP \1 KEY BLOCK-----/g;

/**
 * All keys of a keyring: binary, or armored in one block or in several, with any text around them.
 *
 * @throws Error, whose message may quote what was read: do not show it where the keyring is secret
 */
export async function readKeyring(bytes: Uint8Array): Promise<Key[]> {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN PGP')) return readKeys({ binaryKeys: new Uint8Array(bytes) });
  const armored = text.match(blocks) ?? [text];
  return (await Promise.all(armored.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
}
