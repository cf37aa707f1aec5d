import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../activities/signature-store.ts';
import { signContent } from '../../activities/signer.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { commandLine } from '../support/command-line.ts';
import { password, passwordRegistry, user } from '../support/private-registry.ts';
import { releasePair } from '../support/pushed-release.ts';
import { newSigningKey } from '../support/signing-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = (words: string[], cwd?: string) => commandLine(words, cwd === undefined ? {} : { cwd });

/** A copy of a bucket with one signed image, and the keys beside it. */
async function copy(location = 'quay.example/ocp/release:4.20.1', digest = `sha256:${'a'.repeat(64)}`) {
  const folder = temporaryFolder('bucket');
  const [key, other] = await Promise.all([newSigningKey({ date: new Date(0) }), newSigningKey({ date: new Date(0) })]);
  const signature = await signContent({ digest, location, timestamp: Math.floor(Date.now() / 1000) }, key);
  await openStore(`file://${folder}`).create(signaturePath(digest, 1), signature, '');
  writeFileSync(join(folder, 'release.asc'), key.toPublic().armor());
  writeFileSync(join(folder, 'other.asc'), other.toPublic().armor());
  return { folder, digest, store: `file://${folder}` };
}

describe('waybill audit verify', () => {
  test('a signature by a trusted key: says so and leaves with 0', async () => {
    const { folder, digest, store } = await copy();
    const { code, out } = await run(['audit', 'verify', digest, '--store', store, '--key', 'release.asc'], folder);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(
          `^${digest} is verified by ${store}\n  signatures/.*/signature-1 counts: signed by [0-9A-F]{40} at .* as quay.example/ocp/release:4.20.1\n  keys release: signed by .*\n  no audit record is there\n$`,
        ),
      ),
    ]);
  });

  test('as JSON', async () => {
    const { folder, digest, store } = await copy();
    const { code, out } = await run(['audit', 'verify', digest, '--store', store, '--key', 'release.asc', '--json'], folder);
    expect([code, JSON.parse(out)]).toMatchObject([0, { digest, verified: true, store, groups: [{ name: 'release' }], records: [] }]);
  });

  test('another key, or a second group that has not signed: leaves with 1', async () => {
    const { folder, digest, store } = await copy();
    const other = await run(['audit', 'verify', digest, '--store', store, '--key', 'other.asc'], folder);
    expect([other.code, other.out]).toEqual([1, expect.stringContaining('keys other: no signature of theirs counts')]);
    expect((await run(['audit', 'verify', digest, '--store', store, '--key', 'release.asc', '--key', 'other.asc'], folder)).code).toBe(1);
  });

  test('--deep: fetches the image itself', async () => {
    const { repository, tag, digest } = await releasePair();
    const { folder, store } = await copy(`${repository}:${tag}`, digest);
    const words = ['audit', 'verify', digest, '--store', store, '--key', 'release.asc', '--deep'];
    expect(await run(words, folder)).toMatchObject({ code: 0, out: expect.stringContaining('content: verified') as string });
    const elsewhere = await copy('127.0.0.1:9/none:1', digest);
    const { code, out } = await run([...words.slice(0, 4), elsewhere.store, ...words.slice(5)], elsewhere.folder);
    expect([code, out]).toEqual([1, expect.stringContaining('content: unverified: GET http://127.0.0.1:9')]);
  });

  test('--deep with --registry-config: from a registry that asks for name and password', async () => {
    const [{ repository, tag, digest }, host] = await Promise.all([releasePair(), passwordRegistry()]);
    const there = repository.replace(/^[^/]+/, host);
    const { folder, store } = await copy(`${there}:${tag}`, digest);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { username: user, password } } }));
    const words = ['audit', 'verify', digest, '--store', store, '--key', 'release.asc', '--deep'];
    const refused = await run(words, folder);
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining(`content: unverified: ${host} refuses ${there} (401`)]);
    const { code, out } = await run([...words, '--registry-config', 'config.json'], folder);
    expect([code, out]).toEqual([0, expect.stringContaining('content: verified')]);
  });

  test.each<[string, string[], number, RegExp]>([
    ['no digest', ['latest'], 2, /invalid digest latest/],
    ['an unknown image', [`sha256:${'b'.repeat(64)}`, '--key', 'release.asc'], 3, /it has no signature/],
    ['a key that is not there', [`sha256:${'a'.repeat(64)}`, '--key', 'none.asc'], 2, /none\.asc can not be read \(ENOENT\)/],
    ['a key that is none', [`sha256:${'a'.repeat(64)}`, '--key', 'none.txt'], 2, /is not an OpenPGP keyring/],
    ['a store that is none', [`sha256:${'a'.repeat(64)}`, '--key', 'release.asc', '--store', 'file://two/slashes'], 2, /expected gs:/],
    [
      'a store that is not there',
      [`sha256:${'a'.repeat(64)}`, '--key', 'release.asc', '--store', 'file:///not/there'],
      4,
      /can not be read/,
    ],
  ])('%s', async (_case, words, code, message) => {
    const { folder, store } = await copy();
    writeFileSync(join(folder, 'none.txt'), 'not a key');
    const said = await run(['audit', 'verify', ...words, ...(words.includes('--store') ? [] : ['--store', store])], folder);
    expect([said.code, said.out + said.err]).toEqual([code, expect.stringMatching(message)]);
  });

  test('no store known', async () => {
    expect(await run(['audit', 'verify', `sha256:${'a'.repeat(64)}`])).toMatchObject({
      code: 2,
      err: expect.stringContaining('no store is known') as string,
    });
  });
});
