import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readKey } from 'openpgp';
import { expect, it, onTestFailed } from 'vitest';
import { verifyAsClients } from '../../activities/client-verification.ts';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { publicKeyArmored } from '../../activities/signing-key.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import type { AuditedRelease } from '../../domain/audit/audit-record.ts';
import { alsoAuditSignal, auditWorkflowId } from '../../workflows/audit-messages.ts';
import { taskQueue } from '../../workflows/ids.ts';
import { randomFrom } from '../support/random.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { eventually } from '../support/wait.ts';

const count = 30;
const kills = 5;
const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const plant = releasePlant();
const streamName = '4.20.0-0.audited';

const tagOf = (index: number) => `${streamName}-2026-01-01-0000${String(index).padStart(2, '0')}`;
const digestOf = (tag: string) => `sha256:${createHash('sha256').update(tag).digest('hex')}`;

/** Releases that were accepted before anybody looked, each with an image of its own. */
async function acceptedReleases(scene: ReleaseScene): Promise<AuditedRelease[]> {
  const { namespace, kubernetes } = scene;
  const tags = Array.from({ length: count }, (_, index) => tagOf(index + 1));
  const stream = (name: string, annotations: Record<string, string>, names: string[]): ImageStream => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace, name, annotations },
    spec: {
      tags: names.map((tag) => ({
        name: tag,
        annotations: {
          [annotation.source]: `${namespace}/audited`,
          [annotation.name]: streamName,
          [annotation.phase]: 'Accepted',
          [annotation.creationTimestamp]: '2026-01-01T00:00:00Z',
        },
      })),
    },
  });
  const config = JSON.stringify({ name: streamName, to: 'release', endOfLife: true });
  await kubernetes.create(imageStreams, stream('release', {}, tags));
  await kubernetes.create(imageStreams, stream('audited', { [annotation.config]: config }, []));
  const target = await scene.until('the repository of the target', async () => {
    const found = await scene.stream('release');
    return found.status?.publicDockerImageRepository !== undefined && found;
  });
  for (const tag of tags) await acceptedPayload(scene, tag);
  const repository = target.status?.publicDockerImageRepository ?? '';
  return tags.map((tag) => ({ namespace, tag, stream: streamName, digest: digestOf(tag), location: `${repository}:${tag}` }));
}

async function acceptedPayload({ namespace, kubernetes }: ReleaseScene, tag: string): Promise<void> {
  const created = await kubernetes.create<ReleasePayload>(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: tag, namespace },
    spec: { payloadCoordinates: { namespace, imagestreamName: 'release', imagestreamTagName: tag } },
  });
  const condition = {
    type: 'PayloadAccepted',
    status: 'True' as const,
    reason: 'PayloadAccepted',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await eventually('a write of the status', () =>
    kubernetes.patch<ReleasePayload>(
      releasePayloads,
      namespace,
      created.metadata.name,
      { status: { conditions: [condition] } },
      { subresource: 'status' },
    ),
  );
}

it(
  `${count} audits while their worker is killed ${kills} times: every image has exactly one signature and one record (WAYBILL_TEST_SEED=${seed})`,
  { timeout: 300_000 },
  async () => {
    const random = randomFrom(seed);
    const scene = await plant().scene();
    const releases = await acceptedReleases(scene);
    const { worker, temporal, store, signingKey } = plant();
    const timeline: string[] = [];
    onTestFailed(() => console.error(timeline.join('\n')));
    for (const release of releases)
      await temporal.workflow.signalWithStart('audit', {
        workflowId: auditWorkflowId(release.digest),
        taskQueue,
        args: [release],
        signal: alsoAuditSignal,
        signalArgs: [release],
      });
    const recorded = async () => (await store.list(`audit/${scene.namespace}/`)).filter((path) => path.split('/').length === 3).length;

    for (let round = 0; round < kills; round += 1) {
      if (random() < 0.8) await worker.works();
      await delay(random() * 3_000);
      expect(await worker.kill()).toBe(true);
      timeline.push(`killed with ${await recorded()} of ${count} recorded`);
      worker.launch();
    }
    await eventually('every record', async () => (await recorded()) === count, 120_000);

    const keys = [await readKey({ armoredKey: await publicKeyArmored({ file: signingKey }) })];
    for (const { namespace, tag, digest } of releases) {
      const { verified, signatures, records } = await verifyAsClients(store, digest, [{ name: 'ours', keys }], new Date());
      expect([tag, verified, signatures.length, records.map(({ problems }) => problems)]).toEqual([tag, true, 1, [[]]]);
      expect(await store.list(`audit/${namespace}/${tag}/`)).toEqual([`audit/${namespace}/${tag}/attempt-1.json`]);
    }
  },
);
