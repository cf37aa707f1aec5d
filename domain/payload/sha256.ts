import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** SHA-256 of the UTF-8 form of a text. */
export function sha256Bytes(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}

/** The same in lower-case hexadecimal, without a prefix. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256Bytes(text));
}

/** How many bytes a text takes in UTF-8. */
export function byteLength(text: string): number {
  return utf8ToBytes(text).length;
}
