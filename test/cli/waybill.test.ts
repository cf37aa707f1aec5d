import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AppOptions } from '../../api/app.ts';
import { EventFeed } from '../../api/event-feed.ts';
import { nightly, payload, vectorCluster } from '../api/support/fixture-cluster.ts';
import { adminToken, testApp } from '../api/support/test-app.ts';
import { commandLine } from '../support/command-line.ts';

async function server(options: Parameters<typeof testApp>[0] = {}): Promise<string> {
  const app = testApp(options);
  return app.listen({ port: 0, host: '127.0.0.1' });
}

const at = (address: string) => ({ env: { WAYBILL_SERVER: address } });

describe('what a command leaves with', () => {
  test.each([
    ['help', ['--help'], 0],
    ['no words', [], 2],
    ['an unknown command', ['release', 'frobnicate'], 2],
    ['an unknown option', ['stream', 'list', '--nope'], 2],
    ['a missing argument', ['release', 'why'], 2],
    ['a verdict without a reason', ['release', 'accept', 'x'], 2],
    ['no server known', ['stream', 'list'], 4],
    ['a server that does not answer', ['stream', 'list', '--server', 'http://127.0.0.1:9'], 4],
    ['an address that is none', ['stream', 'list', '--server', 'http://'], 2],
  ])('%s', async (_what, words, code) => {
    expect((await commandLine(words)).code).toBe(code);
  });

  test('an unknown release: the message names it and the next move', async () => {
    const { code, err, out } = await commandLine(['release', 'why', 'nope'], at(await server()));
    expect([code, out]).toEqual([3, '']);
    expect(err).toBe(
      'waybill: release nope is in no stream of any release namespace: list the releases of a stream with `waybill release list --stream NAME`; a release may have been retired\n',
    );
  });
});

describe('finding the server', () => {
  test('the local stack says where it is', async () => {
    const home = mkdtempSync(join(tmpdir(), 'waybill-cli-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    mkdirSync(join(home, '.waybill'));
    writeFileSync(join(home, '.waybill', 'local.json'), JSON.stringify({ waybill: await server(), adminToken }));
    expect((await commandLine(['stream', 'list'], { cwd: home })).code).toBe(0);
    expect((await commandLine(['release', 'accept', nightly(4), '--reason', 'fine'], { cwd: home })).out).toBe(
      `the override of ${nightly(4)} is now Accepted: fine\n`,
    );
  });

  test('an option beats the environment', async () => {
    const address = await server();
    expect((await commandLine(['stream', 'list', '--server', address], at('http://127.0.0.1:9'))).code).toBe(0);
  });
});

describe('lists and details', () => {
  test('stream list', async () => {
    const { out } = await commandLine(['stream', 'list'], at(await server()));
    expect(out.split('\n')[0]).toMatch(/^STREAM +KIND +NEWEST +PHASE +LATEST ACCEPTED +PROBLEM$/);
    expect(out).toContain(nightly(3));
  });

  test('every listing prints its view as JSON', async () => {
    const env = at(await server());
    const json = async (...words: string[]) => JSON.parse((await commandLine([...words, '--json'], env)).out) as object;
    expect(await json('stream', 'list')).toHaveLength(4);
    expect(await json('stream', 'show', '4-stable')).toMatchObject({ name: '4-stable', kind: 'Stable' });
    expect(await json('release', 'list', '--stream', '4-stable', '--limit', '1')).toMatchObject([{ name: '4.18.0-rc.1' }]);
    expect(await json('release', 'show', nightly(4))).toMatchObject({ name: nightly(4), phase: 'Ready' });
    expect(await json('release', 'why', nightly(4))).toMatchObject({ reasons: [], nextSteps: expect.any(Array) as unknown[] });
  });

  test('stream show, release list and release show are made for people', async () => {
    const env = at(await server());
    expect((await commandLine(['stream', 'show', '4.18.0-0.nightly'], env)).out).toContain(
      'Integration stream of ocp/4.18-art-latest, releases in ocp/release',
    );
    expect((await commandLine(['release', 'list', '--stream', '4.18.0-0.nightly'], env)).out.split('\n')).toHaveLength(7);
    expect((await commandLine(['release', 'show', nightly(3)], env)).out).toContain(
      `image:      registry.example.test/ocp/release:${nightly(3)}`,
    );
  });

  test('release why gives the reasons and the next steps', async () => {
    const { out } = await commandLine(['release', 'why', nightly(3)], at(await server()));
    expect(out).toBe(
      `${nightly(3)} is Accepted\nbecause\n  - there is no blocking job, and all others have ended\nnext\n  - use it: registry.example.test/ocp/release:${nightly(3)} (sha256:${'a'.repeat(64)})\n  - whoever has the admin token may decide otherwise: waybill release reject ${nightly(3)} --reason '…'\n`,
    );
  });

  test('nothing that comes from outside steers the terminal', async () => {
    const cluster = vectorCluster();
    const rejected = cluster.payload('ocp', nightly(2));
    if (rejected !== undefined) rejected.spec = { payloadOverride: { override: '\u001B[2J', reason: '' } };
    const { out } = await commandLine(['release', 'show', nightly(2)], at(await server({ cluster })));
    expect(out).not.toContain('\u001B');
  });
});

describe('a verdict by hand', () => {
  const written: unknown[] = [];
  const overrides: AppOptions['overrides'] = {
    write: async (...given) => (written.push(given), given[2].override === 'Accepted'),
    withdraw: async (_namespace, _name, { reason }) => reason === 'a mistake',
  };

  test('says whether it changed anything', async () => {
    const env = { env: { WAYBILL_SERVER: await server({ overrides }), WAYBILL_ADMIN_TOKEN: adminToken } };
    expect((await commandLine(['release', 'accept', nightly(4), '--reason', 'a'], env)).out).toBe(
      `the override of ${nightly(4)} is now Accepted: a\n`,
    );
    expect((await commandLine(['release', 'reject', nightly(4), '--reason', 'b'], env)).out).toBe(
      `the override of ${nightly(4)} was already Rejected: b\n`,
    );
    expect(written).toMatchObject([
      ['ocp', nightly(4), { reason: 'a' }],
      ['ocp', nightly(4), { reason: 'b' }],
    ]);
  });

  test('can be taken back', async () => {
    const env = { env: { WAYBILL_SERVER: await server({ overrides }), WAYBILL_ADMIN_TOKEN: adminToken } };
    const clear = async (reason: string) => (await commandLine(['release', 'clear-override', nightly(4), '--reason', reason], env)).out;
    expect(await clear('a mistake')).toBe(
      `the override of ${nightly(4)} is withdrawn: a mistake; see \`waybill release why ${nightly(4)}\`\n`,
    );
    expect(await clear('again')).toBe(`${nightly(4)} has no override\n`);
    expect((await commandLine(['release', 'clear-override', nightly(4)], env)).code).toBe(2);
  });

  test('with --backup the payload as it was is kept first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waybill-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const env = { WAYBILL_SERVER: await server(), WAYBILL_ADMIN_TOKEN: adminToken };
    const { code, err } = await commandLine(['release', 'reject', nightly(4), '--reason', 'a', '--backup', 'kept'], { env, cwd: folder });
    const [file = ''] = readdirSync(join(folder, 'kept'));
    expect([code, file]).toEqual([0, expect.stringMatching(`^releasepayload_${nightly(4)}-\\d+\\.json$`)]);
    expect(err).toBe(`kept as it was: ${join(folder, 'kept', file)}\n`);
    const kept = JSON.parse(readFileSync(join(folder, 'kept', file), 'utf8')) as { metadata: { name: string } };
    expect(kept.metadata.name).toBe(nightly(4));
  });

  test('without a token it says how to give one', async () => {
    const { code, err } = await commandLine(['release', 'reject', nightly(4), '--reason', 'b'], at(await server()));
    expect([code, err]).toEqual([2, 'waybill: a verdict by hand needs the admin token: give it with --token or WAYBILL_ADMIN_TOKEN\n']);
  });

  test('with a wrong token it is refused', async () => {
    expect((await commandLine(['release', 'reject', nightly(4), '--reason', 'b', '--token', 'wrong'], at(await server()))).code).toBe(1);
  });
});

describe('watch', () => {
  test.each([
    ['accepted', nightly(3), 0],
    ['rejected', nightly(2), 1],
    ['not found', 'nope', 3],
  ])('%s', async (_what, tag, code) => {
    expect((await commandLine(['release', 'watch', tag], at(await server()))).code).toBe(code);
  });

  test('follows a release to its verdict, told by events', async () => {
    const [cluster, feed] = [vectorCluster(), new EventFeed()];
    const address = await server({ cluster, feed });
    const watching = commandLine(['release', 'watch', nightly(4)], at(address));
    await expect.poll(() => feed.size).toBe(1);
    cluster.releases.splice(
      cluster.releases.findIndex(({ metadata }) => metadata.name === nightly(4)),
      1,
      payload(nightly(4), 'Accepted'),
    );
    feed.note({ releases: [nightly(4)] });
    const { code, out } = await watching;
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual([`${nightly(4)}: Ready, verifying`, `${nightly(4)} is Accepted`]);
  });

  test('stops when its time runs out', async () => {
    const { code, err } = await commandLine(['release', 'watch', nightly(4), '--timeout', '0s'], at(await server()));
    expect(code).toBe(5);
    expect(err).toContain('has no verdict after 0s: it is Ready');
  });

  test('takes no timeout that is none', async () => {
    expect((await commandLine(['release', 'watch', nightly(4), '--timeout', 'soon'], at(await server()))).code).toBe(2);
  });
});
