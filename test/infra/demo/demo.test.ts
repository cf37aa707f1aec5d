import { beforeAll, describe, expect, it } from 'vitest';
import { configMaps, imageStreams, namespaces, secrets } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { componentNames } from '../../../infra/demo/components.ts';
import { DemoError, loadDemo, pushDemoImage } from '../../../infra/demo/demo.ts';
import type { DemoPlaces } from '../../../infra/demo/objects.ts';
import { digestOf } from '../../../infra/oci/image.ts';
import { testStack, type TestStack } from '../../support/stack.ts';

const manifestType = { accept: 'application/vnd.oci.image.manifest.v1+json' };

let stack: TestStack;
beforeAll(() => {
  stack = testStack();
});

/** A demo in namespaces that no other test has. */
function freshDemo() {
  const { kubernetes: client, registry } = stack;
  const places: DemoPlaces = {
    releases: stack.freshName('demo'),
    jobs: stack.freshName('demo-jobs'),
    prow: stack.freshName('demo-prow'),
    jobConfig: 'job-config',
  };
  const log: string[] = [];
  const options = { client, registry, places, log: (line: string) => log.push(line) };
  const source = async () => (await client.get<ImageStream>(imageStreams, places.releases, '4.20-art-latest')) as ImageStream;
  return { options, places, client, log, source };
}

describe('loadDemo', () => {
  it('makes namespaces, streams, secrets and job definitions', async () => {
    const { options, places, client } = freshDemo();
    expect(await loadDemo(options)).toEqual({ created: true });

    expect(await client.get(namespaces, undefined, places.releases)).toMatchObject({
      metadata: { labels: { 'waybill.dev/releases': 'true' } },
    });
    expect(await client.get(imageStreams, places.releases, 'release')).toBeDefined();
    for (const secret of ['demo-pull-secret', 'demo-mirror-secret'])
      expect(await client.get(secrets, places.jobs, secret)).toMatchObject({ data: { 'config.json': expect.any(String) as string } });
    expect(await client.get(configMaps, places.prow, 'job-config')).toMatchObject({
      data: { 'aggregators.yaml': expect.stringContaining('periodics:') as string },
    });
  });

  it('pushes real images, which the registry gives back by tag and by digest', async () => {
    const { options, source } = freshDemo();
    await loadDemo(options);
    const { spec } = await source();
    expect(spec?.tags?.map(({ name }) => name)).toEqual(componentNames);
    const [, path, tag] = /^[^/]+\/(.+):(.+)$/.exec(spec?.tags?.find(({ name }) => name === 'cli')?.from?.name ?? '') ?? [];
    const byTag = await fetch(`http://${stack.registry}/v2/${path}/manifests/${tag}`, { headers: manifestType });
    const bytes = Buffer.from(await byTag.arrayBuffer());
    const byDigest = await fetch(`http://${stack.registry}/v2/${path}/manifests/${digestOf(bytes)}`, { headers: manifestType });
    expect(Buffer.from(await byDigest.arrayBuffer()).equals(bytes)).toBe(true);
    const { layers } = JSON.parse(bytes.toString()) as { layers: { digest: string }[] };
    const layer = await fetch(`http://${stack.registry}/v2/${path}/blobs/${layers[0]?.digest}`);
    expect(digestOf(Buffer.from(await layer.arrayBuffer()))).toBe(layers[0]?.digest);
  });

  it('leaves everything as it is when it is there, changes by hand too', async () => {
    const { options, places, client, source } = freshDemo();
    await loadDemo(options);
    await client.patch(imageStreams, places.releases, '4.20-art-latest', {
      metadata: { annotations: { [annotation.config]: '{"name":"mine"}' } },
    });
    // What the image import fills in is not the demo's.
    const written = async () => {
      const { metadata, spec } = await source();
      return { annotations: metadata.annotations, tags: spec?.tags?.map(({ name, from }) => ({ name, from })) };
    };
    const before = await written();
    expect(await loadDemo(options)).toEqual({ created: false });
    expect(await written()).toEqual(before);
  });

  it('follows a registry that has moved', async () => {
    const { options, source } = freshDemo();
    await loadDemo(options);
    const moved = stack.registry.replace('127.0.0.1', 'localhost');
    await loadDemo({ ...options, registry: moved });
    const { metadata, spec } = await source();
    expect(metadata.annotations?.[annotation.config]).toContain(`"alternateImageRepository":"${moved}/demo-mirror/release"`);
    expect(spec?.tags?.filter(({ from }) => !from?.name.startsWith(`${moved}/demo/`))).toEqual([]);
  });
});

describe('pushDemoImage', () => {
  it('points one tag of the source at a new image and leaves the others alone', async () => {
    const { options, source } = freshDemo();
    await loadDemo(options);
    const before = (await source()).spec?.tags ?? [];
    const pushed = await pushDemoImage({ ...options, component: 'console' });
    const after = (await source()).spec?.tags ?? [];
    expect(after.filter((tag, index) => tag.from?.name !== before[index]?.from?.name).map(({ name, from }) => [name, from?.name])).toEqual([
      ['console', pushed.pullSpec],
    ]);

    const [, path, tag] = /^[^/]+\/(.+):(.+)$/.exec(pushed.pullSpec) ?? [];
    const head = await fetch(`http://${stack.registry}/v2/${path}/manifests/${tag}`, { method: 'HEAD', headers: manifestType });
    expect(head.headers.get('docker-content-digest')).toBe(pushed.digest);
  });

  it('takes the components in turn when none is named', async () => {
    const { options } = freshDemo();
    await loadDemo(options);
    const first = await pushDemoImage(options);
    const second = await pushDemoImage(options);
    expect([first.component, second.component]).toEqual(componentNames.slice(0, 2));
  });

  it('names what there is for an unknown component, and says when there is no demo', async () => {
    const { options } = freshDemo();
    await expect(pushDemoImage(options)).rejects.toThrow(/the demo is not loaded/);
    await loadDemo(options);
    await expect(pushDemoImage({ ...options, component: 'nothing' })).rejects.toThrow(
      new DemoError(`the demo has no component nothing; it has ${componentNames.join(', ')}`),
    );
  });
});
