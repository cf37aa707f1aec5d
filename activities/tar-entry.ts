const blockBytes = 512;
const largestEntry = 16 * 1024 * 1024;

/**
 * The content of one regular file in a tar archive, read no further than its end (POSIX ustar; records before an
 * entry that lengthen its name are passed over, so such an entry is not found).
 *
 * @param path without a leading `./`
 * @returns undefined when the archive has no such file
 */
export async function tarEntry(archive: AsyncIterable<Buffer>, path: string): Promise<string | undefined> {
  let pending: Buffer = Buffer.alloc(0);
  let skip = 0;
  let wanted: number | undefined;
  for await (const chunk of archive) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (skip > 0) {
        const passed = Math.min(skip, pending.length);
        pending = pending.subarray(passed);
        skip -= passed;
        if (skip > 0) break;
      }
      if (wanted !== undefined) {
        if (pending.length < wanted) break;
        return pending.subarray(0, wanted).toString('utf8');
      }
      if (pending.length < blockBytes) break;
      const { name, size, isFile } = header(pending.subarray(0, blockBytes));
      pending = pending.subarray(blockBytes);
      if (isFile && name === path) {
        if (size > largestEntry) throw new Error(`${path} has ${size} bytes, more than the ${largestEntry} that are read`);
        wanted = size;
      } else skip = Math.ceil(size / blockBytes) * blockBytes;
    }
  }
  return undefined;
}

function header(block: Buffer): { name: string; size: number; isFile: boolean } {
  const text = (from: number, length: number) => block.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  const name = (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`).replace(/^\.\//, '');
  const type = text(156, 1);
  return { name, size: Number.parseInt(text(124, 12).trim() || '0', 8), isFile: type === '' || type === '0' };
}
