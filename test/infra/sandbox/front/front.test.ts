import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get, request } from 'node:https';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject, WatchEvent } from '../../../../activities/kubernetes/client.ts';
import { imageStreams, imageStreamTags, pods, type Resource } from '../../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../../domain/payload/kinds.ts';
import { defaultSources, resolveComponents } from '../../../../infra/local/components/resolve.ts';
import type { ImageStreamTag } from '../../../../infra/sandbox/front/objects.ts';
import { digest, releaseCluster, type ReleaseCluster } from '../../../activities/kubernetes/release-cluster.ts';
import { frontedStack } from '../../../support/front.ts';
import { releasePair } from '../../../support/pushed-release.ts';

const fronted = frontedStack();
const run = promisify(execFile);
const imageStreamImages: Resource = { ...imageStreamTags, plural: 'imagestreamimages', kind: 'ImageStreamImage' };

/** A stream with a tag of spec and status, one of the spec alone, and one of the status alone. */
async function scene(): Promise<ReleaseCluster> {
  const cluster = await releaseCluster();
  const built = { name: 'built', annotations: { phase: 'Ready' } };
  await cluster.target([built, { name: 'asked' }], [cluster.imported('release', 'built'), cluster.imported('release', 'old')]);
  return cluster;
}

const names = async (cluster: ReleaseCluster) => {
  const { spec, status } = await cluster.readStream('release');
  return [spec?.tags?.map(({ name }) => name), status?.tags?.map(({ tag }) => tag)];
};
const tagOf = (cluster: ReleaseCluster, name: string) => fronted().client.get<ImageStreamTag>(imageStreamTags, cluster.namespace, name);

async function kubectl(cluster: ReleaseCluster, ...args: string[]): Promise<string> {
  const { kubectl: program = '' } = await resolveComponents(
    defaultSources(process.env, () => undefined),
    ['kubectl'],
  );
  const { stdout } = await run(program, ['--kubeconfig', fronted().kubeconfig, '--namespace', cluster.namespace, ...args], {
    env: { ...process.env, HOME: cluster.stack.home },
  });
  return stdout;
}

describe('imagestreamtags', () => {
  test.concurrent('a tag is told with its image, and with what its stream says of it', async () => {
    const cluster = await scene();
    const stream = await cluster.readStream('release');
    expect(await tagOf(cluster, 'release:built')).toMatchObject({
      kind: 'ImageStreamTag',
      metadata: {
        name: 'release:built',
        uid: stream.metadata.uid,
        resourceVersion: stream.metadata.resourceVersion,
        annotations: { phase: 'Ready' },
      },
      tag: { name: 'built' },
      generation: 1,
      lookupPolicy: { local: false },
      image: { metadata: { name: digest('built') }, dockerImageReference: `${cluster.publicRepository('release')}@${digest('built')}` },
    });
    expect(await tagOf(cluster, 'release:old')).toMatchObject({ tag: null, image: { metadata: { name: digest('old') } } });
  });

  test.concurrent.each(['release:asked', 'release:none', 'none:built'])('%s is not found, for there is no image', async (name) => {
    expect(await tagOf(await scene(), name)).toBeUndefined();
  });

  test.concurrent('are listed where they have an image, of one namespace or of all', async () => {
    const cluster = await scene();
    const { items } = await fronted().client.list<ImageStreamTag>(imageStreamTags, cluster.namespace);
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(['release:built', 'release:old']);
    const all = await fronted().client.list<ImageStreamTag>(imageStreamTags);
    expect(all.items.filter(({ metadata }) => metadata.namespace === cluster.namespace)).toHaveLength(2);
  });

  test.concurrent('a patch changes the spec tag, also one without an image', async () => {
    const cluster = await scene();
    for (const name of ['built', 'asked'])
      await fronted().client.patch(imageStreamTags, cluster.namespace, `release:${name}`, { metadata: { annotations: { note: 'x' } } });
    const { spec } = await cluster.readStream('release');
    expect(spec?.tags?.map(({ name, annotations }) => [name, annotations])).toEqual([
      ['built', { phase: 'Ready', note: 'x' }],
      ['asked', { note: 'x' }],
    ]);
  });

  test.concurrent('a write with the version of an older stream is a conflict', async () => {
    const cluster = await scene();
    const before = (await tagOf(cluster, 'release:built'))!;
    await cluster.client.patch(imageStreams, cluster.namespace, 'release', { metadata: { labels: { by: 'another' } } });
    await expect(fronted().client.replace(imageStreamTags, before)).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    const now = (await tagOf(cluster, 'release:built'))!;
    const from = { kind: 'DockerImage', name: 'quay.io/x/y:1' };
    await fronted().client.replace(imageStreamTags, { ...now, tag: { name: 'built', from } });
    expect((await cluster.readTag('built'))?.from).toEqual(from);
  });

  test.concurrent('a delete takes spec tag and status tag, and again is not found', async () => {
    const cluster = await scene();
    const remove = (name: string) => fronted().client.delete(imageStreamTags, cluster.namespace, `release:${name}`);
    expect([await remove('built'), await remove('asked'), await remove('old')]).toEqual([true, true, true]);
    expect(await names(cluster)).toEqual([[], []]);
    expect(await remove('built')).toBe(false);
  });

  test.concurrent('a delete for another stream of that name is a conflict', async () => {
    const cluster = await scene();
    const remove = fronted().client.delete(imageStreamTags, cluster.namespace, 'release:built', { uid: 'another' });
    await expect(remove).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await names(cluster)).toEqual([
      ['built', 'asked'],
      ['built', 'old'],
    ]);
  });

  test.concurrent('a name without a tag, and a patch of another kind, are refused', async () => {
    const cluster = await scene();
    await expect(tagOf(cluster, 'release')).rejects.toMatchObject({ message: 'ImageStreamTags must be retrieved with <name>:<tag>' });
    const patch = fronted().client.patch(imageStreamTags, cluster.namespace, 'release:built', [
      { op: 'add', path: '/metadata/x', value: 1 },
    ]);
    await expect(patch).rejects.toMatchObject({ status: 415 });
  });

  test.concurrent('an image of a stream is told by its digest', async () => {
    const cluster = await scene();
    const image = (name: string) => fronted().client.get(imageStreamImages, cluster.namespace, name);
    expect(await image(`release@${digest('old')}`)).toMatchObject({
      kind: 'ImageStreamImage',
      image: { metadata: { name: digest('old') } },
    });
    expect(await image(`release@${digest('other')}`)).toBeUndefined();
  });
});

describe('a caller', () => {
  const ask = (method: string, path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const options = { method, ca: readFileSync(fronted().authority), headers };
      const asking = request(new URL(path, fronted().url), options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      asking.on('error', reject).end();
    });
  const bearer = async () => {
    const { users } = JSON.parse(readFileSync(fronted().kubeconfig, 'utf8')) as { users: { user: { token: string } }[] };
    return `Bearer ${users[0]?.user.token}`;
  };
  const path = ({ namespace }: ReleaseCluster) => `/apis/image.openshift.io/v1/namespaces/${namespace}/imagestreamtags/release:built`;

  test.concurrent('without a right is refused as the API server refuses, and one whom nobody knows too', async () => {
    const cluster = await scene();
    const impersonating = { authorization: await bearer(), 'impersonate-user': 'somebody', 'impersonate-group': 'system:authenticated' };
    const refused = await ask('DELETE', path(cluster), impersonating);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
    expect((await ask('GET', path(cluster), { authorization: 'Bearer nobody' })).status).toBe(401);
    expect(await names(cluster)).toHaveLength(2);
  });

  test.concurrent('gets everything else from the API server: its own errors, and watches as they come', async () => {
    const cluster = await scene();
    await expect(fronted().client.create(imageStreams, await cluster.readStream('release'))).rejects.toBeDefined();
    const { resourceVersion } = await fronted().client.list(imageStreams, cluster.namespace);
    const stop = new AbortController();
    const seen: WatchEvent<ImageStream>[] = [];
    const watching = fronted().client.watch<ImageStream>(
      imageStreams,
      { namespace: cluster.namespace, resourceVersion, signal: stop.signal },
      (event) => {
        seen.push(event);
        stop.abort();
      },
    );
    await cluster.client.patch(imageStreams, cluster.namespace, 'release', { metadata: { labels: { by: 'another' } } });
    await watching;
    expect(seen).toMatchObject([{ type: 'MODIFIED', object: { metadata: { labels: { by: 'another' } } } }]);
  });

  test.concurrent('is answered at once when it watches, though nothing happens', async () => {
    const cluster = await scene();
    const url = new URL(`/apis/image.openshift.io/v1/namespaces/${cluster.namespace}/imagestreams?watch=true`, fronted().url);
    const authorization = await bearer();
    const status = await new Promise((resolve, reject) => {
      const watching = get(url, { ca: readFileSync(fronted().authority), headers: { authorization } }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      });
      watching.on('error', reject);
    });
    expect(status).toBe(200);
  });
});

describe('imagestreamimages', () => {
  test.concurrent('an image of the local registry tells its labels', async () => {
    const cluster = await releaseCluster();
    const { digest: image, pullSpec } = await releasePair();
    const items = [{ created: '2026-01-01T00:00:00Z', dockerImageReference: pullSpec, image, generation: 1 }];
    await cluster.target([{ name: 'pushed' }], [{ tag: 'pushed', items }]);
    const found = await fronted().client.get(imageStreamImages, cluster.namespace, `release@${image}`);
    expect(found).toMatchObject({ image: { dockerImageMetadata: { Config: { Labels: { 'io.openshift.release': '4.20.0' } } } } });
  });
});

describe('kubectl', () => {
  test('exec, for which the played nodes have no kubelet, is told so by the API server', async () => {
    const cluster = await scene();
    await cluster.client.create(pods, {
      metadata: { namespace: cluster.namespace, name: 'waiting' },
      spec: { nodeSelector: { none: 'such' }, containers: [{ name: 'c', image: 'x' }] },
    } as KubernetesObject);
    await expect(kubectl(cluster, 'exec', 'waiting', '--', 'true')).rejects.toThrow(/does not have a host assigned/);
  });

  test('finds, shows, annotates and deletes image stream tags', async () => {
    const cluster = await scene();
    expect(await kubectl(cluster, 'api-resources', '--api-group=image.openshift.io', '-o', 'name')).toContain(
      'imagestreamtags.image.openshift.io',
    );
    const table = await kubectl(cluster, 'get', 'istag');
    expect(table).toMatch(/^NAME\s+IMAGE REFERENCE\s+UPDATED\n/);
    expect(table).toContain('release:built');
    expect(await kubectl(cluster, 'get', 'imagestreamtag', 'release:built', '-o', 'jsonpath={.image.metadata.name}')).toBe(digest('built'));
    await kubectl(cluster, 'annotate', 'istag', 'release:built', 'release.openshift.io/keep=yes');
    expect((await cluster.readTag('built'))?.annotations).toEqual({ phase: 'Ready', 'release.openshift.io/keep': 'yes' });
    await kubectl(cluster, 'delete', 'istag', 'release:built');
    expect(await names(cluster)).toEqual([['asked'], ['old']]);
    expect(await kubectl(cluster, 'get', 'isimage', `release@${digest('old')}`)).toContain('release@sha256:');
  });
});
