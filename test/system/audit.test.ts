import { describe, expect, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import type { AttemptRecord } from '../../domain/audit/audit-attempt.ts';
import { verifyJobName } from '../../domain/audit/verify-job.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { statusTag } from '../../domain/payload/pull-spec.ts';
import { auditWorkflowId, retryAuditSignal } from '../../workflows/audit-messages.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { definitionsOf, type SceneConfig } from '../support/release-configs.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePair, tamper } from '../support/pushed-release.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';

const timeout = 120_000;
const plant = releasePlant({ scenes: 4, env: { WAYBILL_AUDIT_CLI_IMAGE: 'quay.io/openshift/origin-cli:4.20' } });

const configOf = (scene: ReleaseScene): SceneConfig => ({
  name: `4.20.0-0.${scene.id}`,
  to: 'release',
  // the components stay where they were pushed
  referenceMode: 'source',
  verify: { aws: { prowJob: { name: `${scene.id}-aws` } } },
});

/** A stream whose input images are really in the registry. @returns the digest of a layer of the image `etcd` */
async function createStream(scene: ReleaseScene, config: SceneConfig): Promise<{ tag: string; etcd: string }> {
  const { repository, components } = await releasePair();
  await scene.defineJobs(definitionsOf(config), config.name);
  await scene.createTarget(config.to);
  const input = (name: 'cli' | 'etcd') => ({
    name,
    from: { kind: 'DockerImage', name: `${repository}@${components[name].manifest.digest}` },
  });
  await scene.plant.ensure(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: scene.namespace, name: config.name, annotations: { [annotation.config]: JSON.stringify(config) } },
    spec: { lookupPolicy: { local: false }, tags: [input('cli'), input('etcd')] },
  } as ImageStream);
  return { tag: await scene.release(config), etcd: components.etcd.layer.digest };
}

async function attempts(scene: ReleaseScene, tag: string): Promise<AttemptRecord[]> {
  const { store } = scene.plant;
  const paths = await store.list(`audit/${scene.namespace}/${tag}/`);
  return Promise.all(paths.map(async (path) => JSON.parse(Buffer.from((await store.read(path)) ?? []).toString()) as AttemptRecord));
}

describe.concurrent('audit of a release', () => {
  it(
    'Given an image to verify with, when a release is accepted, then a job verifies it by digest before it is signed',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene);
      const { tag } = await createStream(scene, config);

      const record = await expectAudited({ scene, config, source: config.name, tag });

      const name = verifyJobName(record.digest, 1);
      expect(record.verification).toMatchObject({ result: 'verified', by: 'job', job: `${plant().jobNamespace}/${name}` });
      const job = await scene.job(name);
      expect(job.metadata.labels).toMatchObject({ 'release.openshift.io/purpose': 'audit' });
      expect(job.status?.succeeded).toBe(1);
      expect(await attempts(scene, tag)).toMatchObject([{ attempt: 1, outcome: 'signed', digest: record.digest }]);
    },
  );

  it(
    'Given a component that was tampered with, when its release is accepted, then it is not signed, says so, and heals when it is repaired',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene);
      await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 3_600 }]);
      await scene.orderReleaseJobs([{ job: '^verify-', skipBackoff: true }]);
      const { tag, etcd } = await createStream(scene, config);
      await scene.waitingFor('release', tag, 'the blocking jobs');
      const repair = tamper(testStack().home, etcd);
      await scene.override(tag, 'Accepted', 'in a hurry');
      await scene.phase(config, tag, 'Accepted');
      const digest = statusTag(await scene.stream(config.to), tag)?.items?.[0]?.image ?? '';

      const id = auditWorkflowId(digest);
      const refusal = /^Unable to verify release: .*the release image failed content verification and may have been tampered with$/;
      const waiting = await scene.until(
        'the audit to say what is wrong',
        async () => (await scene.waiting(id)).find(({ why }) => refusal.test(why)),
        () => [id, workflowIds.release(scene.namespace, tag)],
      );
      expect(Date.parse(waiting.until ?? '') - Date.now()).toBeGreaterThan(11 * 3_600_000);
      expect(await plant().store.list(`signatures/openshift/release/${digest.replace(':', '=')}/`)).toEqual([]);
      expect(await attempts(scene, tag)).toMatchObject([{ outcome: 'verification failed', verification: { result: 'failed' } }]);

      repair();
      await plant().temporal.workflow.getHandle(id).signal(retryAuditSignal);

      const record = await expectAudited({ scene, config, source: config.name, tag });
      expect(record.verification).toMatchObject({ result: 'verified', job: `${plant().jobNamespace}/${verifyJobName(digest, 2)}` });
      expect(await attempts(scene, tag)).toMatchObject([
        { attempt: 1, outcome: 'verification failed' },
        { attempt: 2, outcome: 'signed' },
      ]);
    },
  );
});
