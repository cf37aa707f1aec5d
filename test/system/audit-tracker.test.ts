import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import { signatureFolder, signaturePath } from '../../domain/audit/signature-path.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { digestOf } from '../../infra/oci/image.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';
import { TestProcess } from '../support/test-process.ts';

let plant: ReleasePlant;
beforeAll(async () => {
  const { freshName, home, kubernetes, env } = testStack();
  plant = await buildPlant(freshName('tracked'), { home, kubernetes, env: env() }, { scenes: 1 });
});
afterAll(() => plant.stop());

const stream = '4.20.0-0.nightly';
const target = 'release';

/** What release-controller left behind: tags that say what became of them, and no payload. */
async function leaveReleases(scene: ReleaseScene, phases: Record<string, string>): Promise<void> {
  const { namespace } = scene;
  const image = (name: string, annotations: Record<string, string>, tags: TagReference[] = []): ImageStream => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace, annotations },
    spec: { tags },
  });
  const tag = ([name, phase]: [string, string]): TagReference => ({
    name,
    generation: 1,
    annotations: {
      [annotation.name]: stream,
      [annotation.source]: `${namespace}/${stream}`,
      [annotation.creationTimestamp]: '2025-06-01T12:00:00Z',
      [annotation.phase]: phase,
      [annotation.reason]: phase === 'Accepted' ? '' : 'VerificationFailed',
    },
  });
  const { kubernetes } = scene;
  await kubernetes.create(imageStreams, image(target, { [annotation.hasReleases]: 'true' }, Object.entries(phases).map(tag)));
  await scene.changeStatus(target, () =>
    Object.keys(phases).map((name) => ({
      tag: name,
      items: [
        { created: '2025-06-01T12:00:00Z', dockerImageReference: `quay.example/r@${digestOf(name)}`, image: digestOf(name), generation: 1 },
      ],
    })),
  );
  const written = await scene.stream(target);
  await kubernetes.replaceStatus(imageStreams, {
    ...written,
    status: { ...written.status, publicDockerImageRepository: `registry.example/${namespace}/${target}` },
  });
  const config = JSON.stringify({ name: stream, to: target, endOfLife: true });
  await kubernetes.create(imageStreams, image(stream, { [annotation.config]: config }));
}

it(
  'Given a release that was accepted before there was a worker, when one starts, then it is signed, once, and a second worker changes nothing',
  { timeout: 240_000 },
  async () => {
    const scene = await plant.scene();
    const [accepted, rejected] = [`${stream}-2025-06-01-120000`, `${stream}-2025-06-01-130000`];
    await leaveReleases(scene, { [accepted]: 'Accepted', [rejected]: 'Rejected' });
    await plant.worker.start();

    const path = `audit/${scene.namespace}/${accepted}.json`;
    const id = auditWorkflowId(digestOf(accepted));
    const bytes = await scene.until(
      'the record of the release',
      () => plant.store.read(path),
      () => [id],
    );
    const record = JSON.parse(new TextDecoder().decode(bytes)) as AuditRecord;
    expect(record).toMatchObject({
      release: accepted,
      stream,
      digest: digestOf(accepted),
      phase: 'Accepted',
      verdict: { reason: 'OlderThanPayloads' },
      signature: { path: signaturePath(digestOf(accepted), 1) },
    });
    expect(await plant.store.list(signatureFolder(digestOf(rejected)))).toEqual([]);

    const second = new TestProcess({
      name: `${plant.name}-second`,
      home: testStack().home,
      script: ['cli/waybill.ts', 'worker'],
      env: plant.settings,
      ready: 'worker is running',
    });
    try {
      await second.start();
      const schedule = plant.temporal.schedule.getHandle('audit-tracker');
      const runs = async () => (await schedule.describe()).info.recentActions.length;
      const before = await runs();
      // the first run may not have ended
      await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
      await scene.until('a run of the tracker beside two workers', async () => {
        const { recentActions, runningActions } = (await schedule.describe()).info;
        return recentActions.length > before && runningActions.length === 0;
      });
    } finally {
      await second.kill();
    }
    const audits: string[] = [];
    for await (const { workflowId } of plant.temporal.workflow.list({ query: `WorkflowType = 'audit'` })) audits.push(workflowId);
    expect(audits).toEqual([id]);
    expect(await plant.store.list(signatureFolder(digestOf(accepted)))).toEqual([signaturePath(digestOf(accepted), 1)]);
    expect(await plant.store.list(`audit/${scene.namespace}/${accepted}/`)).toHaveLength(1);
  },
);
