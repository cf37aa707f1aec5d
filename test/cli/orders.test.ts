import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { events, imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { prune } from '../../api/operations/tags.ts';
import { startServer } from '../../api/server.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import { releaseCluster, streamName } from '../activities/kubernetes/release-cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

const stack = testStack();
const token = 'a-token-for-this-test';
const first = `${streamName}-2025-06-01-120000`;
const second = `${streamName}-2025-06-02-120000`;
const orderedBy = 'waybill.dev/ordered-by';
const at = Date.UTC(2025, 5, 3);

/** A stream with two releases, a server that shows it, and the command line of somebody with the token. */
async function scene() {
  const cluster = await releaseCluster();
  const { namespace, client } = cluster;
  await cluster.source({});
  await cluster.target(
    [cluster.releaseTag(first), cluster.releaseTag(second)],
    [cluster.imported('release', first), cluster.imported('release', second)],
  );
  const settings = stack.settings({ WAYBILL_RELEASE_NAMESPACES: namespace, WAYBILL_SERVE_PORT: '0', WAYBILL_ADMIN_TOKEN: token });
  const server = await startServer(settings, pino({ level: 'silent' }));
  onTestFinished(() => server.close());
  await eventually('the server to be ready', async () => (await fetch(`${server.address}/readyz`)).ok);
  const folder = mkdtempSync(join(tmpdir(), 'waybill-orders-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));

  const run = async (...words: string[]) => {
    const env = { WAYBILL_SERVER: server.address, WAYBILL_ADMIN_TOKEN: token };
    const { code, out, err } = await commandLine(words, { env, cwd: folder, now: () => at });
    return { code, out: out.replaceAll(namespace, 'ocp'), err: err.replaceAll(namespace, 'ocp') };
  };
  const order = (...words: string[]) => run(...words, '-n', namespace, '-r', 'because');
  const stream = (name = 'release') => cluster.readStream(name);
  const tag = async (name: string, of = 'release') => (await stream(of)).spec?.tags?.find((each) => each.name === name);
  const names = async (of = 'release') => ((await stream(of)).spec?.tags ?? []).map(({ name }) => name).toSorted();
  const said = async () =>
    (await client.list<KubernetesObject & { message: string; reason: string; type: string }>(events, namespace)).items.map(
      ({ reason, type, message }) => `${type} ${reason} ${message}`,
    );
  return { cluster, namespace, client, folder, run, order, stream, tag, names, said };
}

const attributed = (text: string | undefined) => JSON.parse(text ?? '{}') as { operation: string; by: string; at: string; reason: string };

describe('keep', () => {
  test('keeps a release with who, when and why; twice is once; lists and lets go', async () => {
    const { run, order, tag, said } = await scene();
    expect(await order('release', 'keep', first)).toEqual({
      code: 0,
      err: '',
      out: `done\n  - set ${annotation.keep}=true on tag ${first} of ocp/release\n`,
    });
    expect((await order('release', 'keep', first)).out).toBe('nothing to do: it is so already\n');
    const { operation, by, reason, at: when } = attributed((await tag(first))?.annotations?.[orderedBy]);
    expect([operation, by.endsWith(' (admin token)'), reason, when]).toEqual([
      'keep',
      true,
      'because',
      expect.stringMatching(/^\d{4}-.*Z$/),
    ]);
    expect(await said()).toEqual([expect.stringMatching(`^Normal OrderedByHand keep of ${first} by .* \\(admin token\\): because$`)]);

    const kept = await eventually('the server to see it', async () => {
      const { out } = await run('release', 'kept');
      return out.includes(first) && out;
    });
    expect(kept).toMatch(new RegExp(`^RELEASE +STREAM +NAMESPACE +BY +REASON\n${first} +${streamName} +ocp +.*admin token\\) +because\n$`));
    expect((await order('release', 'unkeep', first)).out).toBe(`done\n  - take ${annotation.keep} off tag ${first} of ocp/release\n`);
    expect((await tag(first))?.annotations?.[annotation.keep]).toBeUndefined();
  });

  test('a release that is not there is named with where it was looked for', async () => {
    const { order } = await scene();
    expect(await order('release', 'keep', 'nope')).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is no tag nope in image stream ocp/release') as string,
    });
    expect(await order('release', 'keep', first, '-a', 'arm64')).toMatchObject({
      code: 3,
      err: expect.stringContaining('ocp-arm64/release-arm64') as string,
    });
  });
});

describe('prune', () => {
  test('of many releases reads their image stream once', async () => {
    const cluster = await releaseCluster();
    const names = Array.from({ length: 30 }, (_, index) => `${streamName}-2025-06-01-1200${String(index).padStart(2, '0')}`);
    await cluster.source({});
    await cluster.target(names.map((name) => cluster.releaseTag(name)));
    let reads = 0;
    const counting = Object.assign(Object.create(cluster.client) as typeof cluster.client, {
      get: (...given: Parameters<typeof cluster.client.get>) => {
        if (given[0] === imageStreams) reads += 1;
        return cluster.client.get(...given);
      },
    });
    const order = {
      operation: 'prune',
      client: counting,
      wake: { owner: async () => undefined },
      by: 'a test',
      reason: 'x',
      now: at,
      execute: false,
    };
    const { changes } = await prune.carryOut({ namespace: cluster.namespace, tags: names } as never, order);
    expect([changes.length, reads]).toEqual([30, 1]);
  });

  test('says what it would do, and does it with --yes, after a backup', async () => {
    const { order, names, folder, said } = await scene();
    expect((await order('release', 'prune', first)).out).toBe(
      `would\n  - remove tag ${first} of ocp/release\nnothing was done: say it again with --yes\n`,
    );
    expect(await names()).toEqual([first, second]);
    const done = await order('release', 'prune', first, '--yes', '--backup', 'kept');
    expect([done.code, done.out]).toEqual([0, `done\n  - remove tag ${first} of ocp/release\n`]);
    expect(await names()).toEqual([second]);
    const [file = ''] = readdirSync(join(folder, 'kept'));
    expect(file).toBe(`imagestream_release-${at}.json`);
    const backup = JSON.parse(readFileSync(join(folder, 'kept', file), 'utf8')) as ImageStream;
    expect(backup.spec?.tags?.map(({ name }) => name)).toEqual([first, second]);
    expect((await said()).join()).toContain(`prune of ${first}`);
    expect((await order('release', 'prune', first, '--yes')).code).toBe(3);
  });

  test('removes nothing where one of them is kept', async () => {
    const { order, names } = await scene();
    await order('release', 'keep', second);
    const { code, err } = await order('release', 'prune', first, second, '--yes');
    expect([code, err]).toEqual([
      1,
      `waybill: ${second} may not be removed: kept by annotation ${annotation.keep}; nothing was removed: leave them out, or take the annotation off with \`waybill release unkeep\`\n`,
    ]);
    expect(await names()).toEqual([first, second]);
  });
});

describe('archive', () => {
  test('moves the releases of a version with what they show, once; kept ones stay', async () => {
    const { order, names, stream } = await scene();
    await order('release', 'keep', second);
    expect((await order('stream', 'archive', '4.20')).out).toBe(
      `would\n  - make image stream ocp/release-archive-4.20\n  - move tag ${first} there\n  - leave tag ${second}, which is kept\nnothing was done: say it again with --yes\n`,
    );
    const before = (await stream()).status?.tags?.find(({ tag }) => tag === first);
    expect((await order('stream', 'archive', '4.20', '--yes')).code).toBe(0);
    expect([await names(), await names('release-archive-4.20')]).toEqual([[second], [first]]);
    const archived = await stream('release-archive-4.20');
    expect(archived.status?.tags).toEqual([before]);
    expect(archived.metadata.annotations).toMatchObject({ 'waybill.dev/archive': 'finished' });
    expect(archived.metadata.annotations?.[annotation.config]).toBeUndefined();
    expect(await order('stream', 'archive', '4.20', '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the archive ocp/release-archive-4.20 exists') as string,
    });
  });

  test('goes on where it was killed: before its tags, before what they show, before the removal', async () => {
    for (const tags of [[], [first], [first, second]]) {
      const { order, names, stream, cluster, client, namespace } = await scene();
      await client.create<ImageStream>(imageStreams, {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStream',
        metadata: { namespace, name: 'release-archive-4.20', annotations: { 'waybill.dev/archive': 'begun' } },
        spec: { lookupPolicy: { local: false }, tags: tags.map((name) => cluster.releaseTag(name)) },
      });
      expect((await order('stream', 'archive', '4.20', '--yes')).out).toContain('go on with image stream ocp/release-archive-4.20');
      expect([await names(), await names('release-archive-4.20')]).toEqual([[], [first, second]]);
      expect((await stream('release-archive-4.20')).status?.tags?.map(({ tag }) => tag).toSorted()).toEqual([first, second]);
    }
  });

  test('of a version without releases, and of what is no version', async () => {
    const { order } = await scene();
    expect((await order('stream', 'archive', '4.1', '--yes')).code).toBe(3);
    expect((await order('stream', 'archive', '4', '--yes')).code).toBe(2);
  });
});

test('approval: a team accepts, changes its mind, says nothing; the label follows', async () => {
  const { run, order, client, namespace, said } = await scene();
  await client.create(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: first, namespace },
    spec: {},
  } as KubernetesObject);
  const label = async () => (await client.get<ReleasePayload>(releasePayloads, namespace, first))?.metadata.labels;
  const show = async () => (await run('release', 'approval', first, '--show', 'QE', '-n', namespace)).out;
  expect(await show()).toBe('QE says nothing\n');
  await order('release', 'approval', first, '--accept', 'QE');
  expect([await label(), await show()]).toEqual([{ 'release.openshift.io/qe_state': 'Accepted' }, 'QE says Accepted\n']);
  expect(await said()).toEqual([
    expect.stringMatching(`^Normal OrderedByHand approval of ${first} for QE by .* \\(admin token\\): because$`),
  ]);
  await order('release', 'approval', first, '--reject', 'QE');
  expect(await label()).toEqual({ 'release.openshift.io/qe_state': 'Rejected' });
  await order('release', 'approval', first, '--delete', 'QE');
  expect(await label()).toBeUndefined();
  expect((await order('release', 'approval', first)).code).toBe(2);
  expect((await order('release', 'approval', first, '--accept', 'QE', '--reject', 'QE')).code).toBe(2);
  expect((await run('release', 'approval', first, '--accept', 'QE', '-n', namespace)).err).toContain('--accept needs --reason');
});

test('lock and unlock: the marks that pages and we read', async () => {
  const { order, stream } = await scene();
  await order('stream', 'lock', 'src', '--message', '<b>frozen</b>');
  expect((await stream('src')).metadata.annotations).toMatchObject({
    [annotation.mode]: 'locked',
    [annotation.messagePrefix]: '<b>frozen</b>',
  });
  expect((await order('stream', 'unlock', 'src')).code).toBe(0);
  const { annotations = {} } = (await stream('src')).metadata;
  expect([annotations[annotation.mode], annotations[annotation.messagePrefix]]).toEqual([undefined, undefined]);
  expect(await order('stream', 'lock', '4.18')).toMatchObject({ code: 3, err: expect.stringContaining('ocp/4.18-art-latest') as string });
});

test('revert: one input image is what it was in an earlier release', async () => {
  const { cluster, order, tag } = await scene();
  const mirrored = cluster.imported('src', 'etcd', `sha256:${'1'.repeat(64)}`);
  await cluster.stream('src-2025-06-01-120000', { tags: [mirrored] });
  const words = ['stream', 'revert', '--component', 'etcd', '--to', first];
  const earlier = mirrored.items?.[0]?.dockerImageReference ?? '';
  expect((await order(...words)).out).toContain('nothing was done');
  expect((await order(...words, '--yes')).out).toContain('point etcd of ocp/src at');
  expect(await tag('etcd', 'src')).toMatchObject({
    from: { kind: 'DockerImage', name: earlier },
    importPolicy: { importMode: 'PreserveOriginal' },
  });
  expect((await tag('etcd', 'src'))?.annotations?.['reverted-from']).toContain('@sha256:');
  expect((await order(...words, '--yes')).out).toBe('nothing to do: it is so already\n');
  expect((await order('stream', 'revert', '--component', 'nope', '--to', first)).code).toBe(3);
});

test('import, bypass and poke', async () => {
  const { cluster, order, tag, client, namespace } = await scene();
  expect((await order('stream', 'import', 'src')).out).toBe('nothing to do: it is so already\n');
  await client.patch(imageStreams, namespace, 'src', {
    spec: { tags: [{ name: 'bad', generation: 1, from: { kind: 'DockerImage', name: 'quay.io/x/y:z' } }] },
  });
  const condition = { type: 'ImportSuccess', status: 'False', message: 'not found', generation: 1 };
  await cluster.importInto('src', [{ tag: 'bad', items: null, conditions: [condition] }]);
  expect((await order('stream', 'import', 'src')).out).toContain('import tag bad of ocp/src again');
  expect((await order('release', 'bypass', first)).code).toBe(0);
  expect((await tag(first))?.annotations).toMatchObject({ 'release.openshift.io/bypass': 'true' });
  expect((await order('stream', 'poke', 'src')).out).toBe('done\n  - look at stream ocp/src\n');
});

test('who has no token orders nothing, and an order that does not exist is named with those that do', async () => {
  const { run, namespace, names } = await scene();
  expect((await run('release', 'prune', first, '--yes', '-n', namespace, '-r', 'x', '--token', 'wrong')).code).toBe(1);
  expect((await run('release', 'prune', first, '--yes', '-n', namespace)).code).toBe(2);
  expect(await names()).toEqual([first, second]);
});
