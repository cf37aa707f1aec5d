import { describe, expect, it } from 'vitest';
import { imageStreams, jobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { digestOf as digestInRegistry } from '../../activities/registry.ts';
import { auditRecordPath } from '../../domain/audit/audit-record.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { digestOf } from '../../infra/oci/image.ts';
import { pastRelease } from '../support/past-releases.ts';
import { definitionsOf, type SceneConfig } from '../support/release-configs.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant();
const timeout = 180_000;
const nobody = '4.20.0-0.nightly-of-nobody';

const configOf = (scene: ReleaseScene, more: Partial<SceneConfig> = {}): SceneConfig => ({
  name: `4.20.0-0.nightly-${scene.id}`,
  to: 'release',
  verify: { aws: { prowJob: { name: `${scene.id}-aws` } } },
  ...more,
});

async function namesOf(scene: ReleaseScene) {
  const { kubernetes, namespace, plant: own } = scene;
  const payloads = (await kubernetes.list<ReleasePayload>(releasePayloads, namespace)).items;
  const streams = (await kubernetes.list<ImageStream>(imageStreams, namespace)).items;
  const all = (await kubernetes.list<Job>(jobs, own.jobNamespace)).items;
  return [...payloads, ...streams, ...all].map(({ metadata }) => metadata.name);
}

/** Waits until no object is left that bears a release's name. */
const collected = (scene: ReleaseScene, what: string, left: (names: string[]) => string[]) =>
  scene.until(`nothing to be left of ${what}`, async () => left(await namesOf(scene)).length === 0);

describe.concurrent('releases whose time is over', () => {
  it(
    'Given years of releases, when the stream is looked at, then only what is to stay stays, and the next release is made all the same',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, { expires: '24h' });
      const history = [
        ...[1, 2, 3, 4, 5, 6].map((hours) => pastRelease(scene, config, 'Accepted', hours)),
        ...[7, 8].map((hours) => pastRelease(scene, config, 'Rejected', hours)),
        pastRelease(scene, config, 'Accepted', 30),
        pastRelease(scene, config, 'Accepted', 31, { [annotation.keep]: 'yes' }),
        ...[32, 33, 34].map((hours) => pastRelease(scene, config, 'Failed', hours)),
        pastRelease(scene, config, 'Rejected', 35, { [annotation.keep]: 'yes' }),
      ];
      const expired = history.filter(({ annotations }) => {
        const { [annotation.keep]: keep, [annotation.hash]: hash = '' } = annotations ?? {};
        return keep === undefined && Number(hash.slice('sha256:'.length)) > 6;
      });
      await scene.plant.ensure(imageStreams, {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStream',
        metadata: { name: config.to, namespace: scene.namespace, annotations: { [annotation.hasReleases]: 'true' } },
        spec: { tags: history },
      } as ImageStream);
      await scene.plant.ensure(releasePayloads, {
        apiVersion: 'release.openshift.io/v1alpha1',
        kind: 'ReleasePayload',
        metadata: { name: nobody, namespace: scene.namespace },
        spec: {},
      } as ReleasePayload);

      await scene.createStream(config);
      const tag = await scene.until('a release of today', async () =>
        (await scene.tags(config)).map(({ name }) => name).find((name) => !history.some((old) => old.name === name)),
      );
      await scene.phase(config, tag, 'Accepted');
      const wanted = [...history.filter((old) => !expired.includes(old)).map(({ name }) => name), tag].toSorted();
      await scene.until('the others to be gone', async () => {
        const now = (await scene.tags(config)).map(({ name }) => name).toSorted();
        return JSON.stringify(now) === JSON.stringify(wanted);
      });
      await collected(scene, 'a payload without a tag', (names) => names.filter((name) => name === nobody));
      expect(await namesOf(scene)).toContain(tag);
    },
  );

  it(
    'Given a release that is being built, when its tag is deleted, then its workflow ends and nothing is left of it',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene);
      await scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: 3_600 }]);
      await scene.createStream(config);
      const tag = await scene.release(config);
      await scene.waitingFor('creation', tag, 'Release creation job pending');
      // at the end of its life the stream makes no other release of these images
      await scene.change(config.name, (stream) => ({
        ...stream,
        metadata: {
          ...stream.metadata,
          annotations: { ...stream.metadata.annotations, [annotation.config]: JSON.stringify({ ...config, endOfLife: true }) },
        },
      }));
      await scene.change(config.to, (stream) => ({ ...stream, spec: { ...stream.spec, tags: [] } }));

      await scene.ended('release', tag);
      await collected(scene, tag, (names) => names.filter((name) => name === tag || name === scene.mirrorOf(config, tag)));
    },
  );

  it(
    'Given a stream of reference releases, when one is superseded, then its image gets the name that asks for its removal before its tag goes',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const registry = scene.plant.servers.env['WAYBILL_REGISTRY'] ?? '';
      const repository = `${registry}/quay-${scene.namespace}/ocp-release`;
      const config = configOf(scene, {
        referenceMode: 'source',
        referenceRelease: { pushRepository: repository, pullRepository: repository },
      });
      const inputs = (build: number): TagReference[] =>
        ['cli', 'etcd'].map((name) => ({
          name,
          reference: true,
          from: { kind: 'DockerImage', name: `quay.io/scene/${name}@${digestOf(`${name} ${build}`)}` },
        }));
      await scene.defineJobs(definitionsOf(config), config.name);
      await scene.createTarget(config.to);
      await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);
      await scene.plant.ensure(imageStreams, {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStream',
        metadata: { name: config.name, namespace: scene.namespace, annotations: { [annotation.config]: JSON.stringify(config) } },
        spec: { tags: inputs(1) },
      } as ImageStream);

      const first = await scene.release(config);
      const payload = await scene.phase(config, first, 'Rejected');
      expect([payload.spec.payloadType, payload.spec.releaseCoordinates]).toEqual([
        'Reference',
        [{ repository, tag: `rc_payload__${first}` }],
      ]);
      const image = await digestInRegistry(`${repository}:rc_payload__${first}`);
      expect(image).toMatch(/^sha256:/);

      await scene.orderProwJobs([]);
      await scene.change(config.name, (stream) => ({ ...stream, spec: { ...stream.spec, tags: inputs(2) } }));
      const second = await scene.release(config, 2);
      await scene.phase(config, second, 'Accepted');
      await scene.until('the first tag to be gone', async () => (await scene.tags(config)).every(({ name }) => name !== first));
      expect(await digestInRegistry(`${repository}:remove__rc_payload__${first}`)).toBe(image);
      await collected(scene, first, (names) => names.filter((name) => name.includes(first) || name === scene.mirrorOf(config, first)));

      const record = await scene.until('the audit record', async () =>
        scene.plant.store.read(auditRecordPath({ namespace: scene.namespace, tag: second })),
      );
      expect(new TextDecoder().decode(record)).toContain((await digestInRegistry(`${repository}:rc_payload__${second}`)) ?? 'no digest');
    },
  );
});
