import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { imageStreams, secrets } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { commandLine } from '../support/command-line.ts';
import { testStack } from '../support/stack.ts';

const kept = '[{"from":"4.14.0","to":"4.15.0","results":[{"state":"Succeeded","url":"https://prow.example/1"}]}]';
const graph = kept.replace(']}]', ']},{"from":"4.14.0","to":"gone","results":[]}]');

/** A graph with one edge to prune, and the command for it. */
async function scene() {
  const { kubernetes, freshNamespace, env } = testStack();
  const namespace = await freshNamespace('prune');
  await kubernetes.create(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace, name: 'stable', annotations: { [annotation.config]: '{"name":"4-stable","as":"Stable"}' } },
    spec: { tags: [{ name: '4.14.0' }, { name: '4.15.0' }] },
  });
  const data = { latest: gzipSync(graph).toString('base64') };
  await kubernetes.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'release-upgrade-graph' }, data });
  const prune = (...words: string[]) =>
    commandLine(['graph', 'prune', ...words], { env: { ...env(), WAYBILL_RELEASE_NAMESPACES: namespace } });
  const stored = async () => {
    const secret = await kubernetes.get<{ data: { latest: string } }>(secrets, namespace, 'release-upgrade-graph');
    return gunzipSync(Buffer.from(secret?.data.latest ?? '', 'base64')).toString();
  };
  return { prune, stored, namespace };
}

test('prints the content of the Secret, and writes nothing', async () => {
  const { prune, stored, namespace } = await scene();
  const { code, out, err } = await prune();
  expect([code, gunzipSync(Buffer.from(out, 'base64')).toString()]).toEqual([0, kept]);
  expect(err).toBe(
    `1 of 2 edges would be removed from the upgrade graph in namespace ${namespace}\nnothing was written: run it again with --confirm\n`,
  );
  expect(await stored()).toBe(graph);
});

test('prints it for people', async () => {
  const { prune } = await scene();
  const { out } = await prune('--print', 'debug');
  expect(out).toBe(`${JSON.stringify(JSON.parse(kept), null, 4)}\n`);
});

test('writes it when it is confirmed', async () => {
  const { prune, stored } = await scene();
  expect(await prune('--confirm')).toMatchObject({ code: 0, out: '' });
  expect(await stored()).toBe(kept);
});

test('knows two forms', async () => {
  const { prune } = await scene();
  expect(await prune('--print', 'yaml')).toMatchObject({ code: 2 });
});
