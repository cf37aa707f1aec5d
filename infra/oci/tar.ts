import { gzipSync } from 'node:zlib';

/** Contents by path, relative and with `/`: text or bytes. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const blockBytes = 512;
/** What the ustar header has room for (POSIX.1-1988, the format of image layers). */
const longestName = 100;
const gzipOsByte = 9;
const unknownOs = 0xff;

/**
 * A tar archive that depends on the files alone: sorted by path, no owner, no time.
 *
 * @throws Error for a path that is absolute, climbs out with `..` or has more than 100 bytes
 */
export function tar(files: Files): Buffer {
  const entries = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const blocks = entries.flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    return [header(path, bytes.length), bytes, Buffer.alloc(-bytes.length & (blockBytes - 1))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

/** Compresses without time or operating system in the header, so that equal input gives equal bytes. */
export function gzip(bytes: Buffer): Buffer {
  const compressed = gzipSync(bytes, { level: 9 });
  compressed[gzipOsByte] = unknownOs;
  return compressed;
}

function header(path: string, size: number): Buffer {
  if (path === '' || path.startsWith('/') || path.split('/').includes('..'))
    throw new Error(`${JSON.stringify(path)} is not a path inside an image`);
  if (Buffer.byteLength(path) > longestName) throw new Error(`the path ${path} is longer than ${longestName} bytes`);
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // the checksum counts itself as blanks
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.write(`${octal(checksum(block), 7)} `, 148);
  return block;
}

const checksum = (block: Buffer) => block.reduce((sum, byte) => sum + byte, 0);

/** Digits up to one less than the field, then a NUL. */
const octal = (value: number, field: number) => `${value.toString(8).padStart(field - 1, '0')}\0`;
