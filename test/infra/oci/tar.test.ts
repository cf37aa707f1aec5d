import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gzip, tar } from '../../../infra/oci/tar.ts';

const hasTar = spawnSync('tar', ['--version']).status === 0;

describe('tar', () => {
  it('depends on the files alone, not on their order', () => {
    expect(tar({ 'a/b': 'one', c: 'two' }).equals(tar({ c: 'two', 'a/b': 'one' }))).toBe(true);
  });

  it('fills whole blocks and ends with two empty ones', () => {
    expect(tar({ a: 'x'.repeat(512) }).length).toBe(4 * 512);
    expect(tar({ a: 'x'.repeat(513) }).length).toBe(5 * 512);
    expect(tar({}).equals(Buffer.alloc(1024))).toBe(true);
  });

  it.each(['/etc/passwd', '../secret', 'a/../../b', '', 'x'.repeat(101)])('refuses the path %j', (path) => {
    expect(() => tar({ [path]: '' })).toThrow(/path/);
  });

  it('is read by the tar of the system', ({ skip }) => {
    skip(!hasTar, 'the program tar is not installed');
    const archive = tar({ 'manifests/image.yaml': 'kind: Image\n', empty: '' });
    const list = spawnSync('tar', ['-tf', '-'], { input: archive });
    const content = spawnSync('tar', ['-xOf', '-', 'manifests/image.yaml'], { input: archive });
    expect({ names: list.stdout.toString(), content: content.stdout.toString(), errors: list.stderr.toString() }).toEqual({
      names: 'empty\nmanifests/image.yaml\n',
      content: 'kind: Image\n',
      errors: '',
    });
  });
});

describe('gzip', () => {
  it('has neither time nor operating system in its header, and gives the bytes back', () => {
    const bytes = Buffer.from('the same bytes');
    const header = gzip(bytes).subarray(0, 10);
    expect([...header.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(header[9]).toBe(255);
    expect(gunzipSync(gzip(bytes)).equals(bytes)).toBe(true);
  });
});
