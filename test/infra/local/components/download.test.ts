import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checksumIn, downloadProgram } from '../../../../infra/local/components/download.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

let folder: string;
let server: Server;
let site: string;
let files: Record<string, Buffer | string>;
let requests: string[];

beforeEach(async () => {
  folder = temporaryFolder('download');
  files = {};
  requests = [];
  server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const content = files[path];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => void server.close());

const fetchInto = (name: string, member?: string) => {
  const target = join(folder, name);
  const download = { url: `${site}/${name}`, checksums: `${site}/sums`, ...(member === undefined ? {} : { member }) };
  return downloadProgram(download, target).then((why) => ({ why, target }));
};

describe('an official build', () => {
  test('is taken when it is what was published', async () => {
    files = { '/tool': 'program', '/sums': sha256('program') };
    const { why, target } = await fetchInto('tool');
    expect(why).toBeUndefined();
    expect(readFileSync(target, 'utf8')).toBe('program');
  });

  test('is refused when its checksum is another one, and nothing of it stays', async () => {
    files = { '/tool': 'tampered', '/sums': sha256('program') };
    const { why } = await fetchInto('tool');
    expect(why).toContain(`published is ${sha256('program')}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused when no checksum is published for it', async () => {
    files = { '/tool': 'program', '/sums': `${sha256('other')}  other-tool` };
    expect((await fetchInto('tool')).why).toContain('has no checksum for tool');
  });

  test('is taken out of its archive', async () => {
    writeFileSync(join(folder, 'inner'), 'program');
    execFileSync('tar', ['-czf', join(folder, 'archive.tgz'), '-C', folder, 'inner']);
    const archive = readFileSync(join(folder, 'archive.tgz'));
    files = { '/tool.tar.gz': archive, '/sums': `${sha256(archive)}  tool.tar.gz` };
    const { why, target } = await fetchInto('tool.tar.gz', 'inner');
    expect(why).toBeUndefined();
    expect(readFileSync(target, 'utf8')).toBe('program');
  });

  test('that is not there is only not there: the site is asked again', async () => {
    expect((await fetchInto('tool')).why).toBe(`GET ${site}/sums: 404`);
    await fetchInto('tool');
    expect(requests).toHaveLength(2);
  });

  test('of a site that can not be reached is asked for once a run', async () => {
    server.close();
    const first = (await fetchInto('tool')).why;
    expect(first).toBe(`${site} cannot be reached`);
    expect((await fetchInto('tool')).why).toBe(first);
    expect(requests).toEqual([]);
  });
});

test.each([
  ['a digest alone', sha256('a'), 'tool', sha256('a')],
  ['a line a file', `${sha256('a')}  one\n${sha256('b')}  two\n`, 'two', sha256('b')],
  ['binary mode', `${sha256('a')} *tool`, 'tool', sha256('a')],
  ['a path before the name', `${sha256('a')}  ./bin/tool`, 'tool', sha256('a')],
  ['something else', 'not found', 'tool', undefined],
])('a checksum file with %s', (_what, text, name, expected) => {
  expect(checksumIn(text, name)).toBe(expected);
});
