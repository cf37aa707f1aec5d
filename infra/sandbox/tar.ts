/** One regular file or, with a name that ends in `/`, a folder. */
export interface TarEntry {
  name: string;
  content?: string;
}

const block = 512;

/** A ustar archive that depends on nothing but its entries: no owner, mode 0644 or 0755, time zero. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, content = '' }) => {
    const bytes = Buffer.from(content);
    return [header(name, bytes.length), bytes, Buffer.alloc((block - (bytes.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(name: string, size: number): Buffer {
  const folder = name.endsWith('/');
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0, 100);
  bytes.write(folder ? '0000755\0' : '0000644\0', 100);
  bytes.write('0000000\0', 108);
  bytes.write('0000000\0', 116);
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  bytes.write('00000000000\0', 136);
  // the checksum is taken with its own field full of spaces
  bytes.write('        ', 148);
  bytes.write(folder ? '5' : '0', 156);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
