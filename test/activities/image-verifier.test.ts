import { expect, test, describe } from 'vitest';
import { verifyImages } from '../../activities/image-verifier.ts';
import { contentReader } from '../../activities/registry-content.ts';
import { Registries } from '../../activities/registry-requests.ts';
import { contentVerdict } from '../../domain/audit/image-content.ts';
import { buildImage, digestOf } from '../../infra/oci/image.ts';
import { releasePair, type PushedRelease } from '../support/pushed-release.ts';
import { testStack } from '../support/stack.ts';

const { registry } = testStack();

const urlOf = (input: Parameters<typeof fetch>[0]) => (input instanceof Request ? input.url : String(input));

/** Answers of the registry that a test replaces, by a part of the request's path. */
function lying(lies: Record<string, () => Response>) {
  const fetching: typeof fetch = async (input, init) => {
    const url = urlOf(input);
    const [, lie] = Object.entries(lies).find(([part]) => url.includes(part)) ?? [];
    return lie === undefined ? fetch(input, init) : lie();
  };
  return contentReader(new Registries({ fetching }));
}

const verdictOf = async (release: PushedRelease, lies: Record<string, () => Response>) =>
  contentVerdict(await verifyImages(release.pullSpec, lying(lies)));

describe('a release image and what it names', () => {
  test('is verified when every manifest, configuration and layer is what its digest says', async () => {
    const { pullSpec } = await releasePair();
    expect(await verifyImages(pullSpec)).toEqual({
      name: '4.20.0',
      created: '2026-11-24T00:00:00Z',
      images: 3,
      tampered: [],
      unreachable: [],
    });
  });

  test.each([
    [
      'manifest of the release',
      ({ digest }: PushedRelease) => `manifests/${digest}`,
      /^content verification failed: release: sha256:.* has the content of sha256:/,
    ],
    ['layer of the release', ({ layer }: PushedRelease) => `blobs/${layer}`, /release: sha256:.* has the content of/],
    [
      'manifest of a component',
      ({ components }: PushedRelease) => `manifests/${components.etcd.manifest.digest}`,
      /etcd: sha256:.* has the content of/,
    ],
    [
      'configuration of a component',
      ({ components }: PushedRelease) => `blobs/${components.etcd.config.digest}`,
      /etcd: sha256:.* has the content of/,
    ],
    [
      'layer of a component',
      ({ components }: PushedRelease) => `blobs/${components.cli.layer.digest}`,
      /cli: sha256:.* has the content of/,
    ],
  ])('audit trap 6: has failed when another %s is served', async (_what, place, why) => {
    const release = await releasePair();
    const verdict = await verdictOf(release, { [place(release)]: () => new Response('{"config":{"digest":"sha256:0"}}') });
    expect(verdict).toEqual({ result: 'failed', why: expect.stringMatching(why) as string });
  });

  test('audit trap 7: is not verified when a component can not be fetched', async () => {
    const release = await releasePair();
    const verdict = await verdictOf(release, {
      [`blobs/${release.components.etcd.layer.digest}`]: () => new Response('', { status: 503 }),
    });
    expect(verdict).toEqual({
      result: 'unverified',
      why: expect.stringMatching(/^not everything could be fetched: etcd: GET .*: 503$/) as string,
    });
  });

  test('audit trap 7: nothing is known when the release image can not be fetched', async () => {
    await expect(verifyImages(`${registry}/nobody/release@sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ name: 'Unreachable' });
    await expect(verifyImages(`127.0.0.1:1/nobody/release@sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ name: 'Unreachable' });
  });

  test('has failed when a component is named by tag, or it is no release at all', async () => {
    const byTag = await releasePair({ etcd: `${registry}/demo/etcd:latest` });
    expect(contentVerdict(await verifyImages(byTag.pullSpec))).toMatchObject({
      result: 'failed',
      why: expect.stringContaining('names no image by its sha256 digest') as string,
    });
    const { components, repository } = await releasePair();
    const component = `${repository}@${components.cli.manifest.digest}`;
    expect(contentVerdict(await verifyImages(component))).toMatchObject({
      result: 'failed',
      why: expect.stringContaining('it is no release image') as string,
    });
  });

  test('a layer that is cut off is not verified, or not what its digest says', async () => {
    const release = await releasePair();
    const cut = buildImage({ files: { name: 'cli' } }).layer.bytes.subarray(0, 10);
    const verdict = await verdictOf(release, { [`blobs/${release.components.cli.layer.digest}`]: () => new Response(new Uint8Array(cut)) });
    expect(verdict).toMatchObject({ result: 'failed' });
  });

  test('asks for a token where the registry wants one, as public registries do', async () => {
    const release = await releasePair();
    const asked: string[] = [];
    const fetching: typeof fetch = async (input, init) => {
      const url = urlOf(input);
      if (url.startsWith('https://token.example/')) return Response.json({ token: 'anonymous' });
      const authorization = new Headers(init?.headers).get('authorization');
      asked.push(String(authorization));
      if (authorization === 'Bearer anonymous') return fetch(input, init);
      const challenge = 'Bearer realm="https://token.example/auth",service="registry",scope="repository:x:pull"';
      return new Response('', { status: 401, headers: { 'www-authenticate': challenge } });
    };
    expect(contentVerdict(await verifyImages(release.pullSpec, contentReader(new Registries({ fetching }))))).toEqual({
      result: 'verified',
    });
    expect(asked.slice(0, 2)).toEqual(['null', 'Bearer anonymous']);
  });

  test('audit trap 9: every image of a list is looked at', async () => {
    const { list, pushed } = await releasePair().then(async (release) => ({ pushed: release, list: await release.pushList() }));
    expect(contentVerdict(await verifyImages(`${pushed.repository}@${list}`))).toEqual({ result: 'verified' });
    const verdict = contentVerdict(
      await verifyImages(`${pushed.repository}@${list}`, lying({ [`manifests/${pushed.digest}`]: () => new Response('{}') })),
    );
    expect(verdict).toMatchObject({ result: 'failed', why: expect.stringContaining(digestOf('{}')) as string });
  });
});
