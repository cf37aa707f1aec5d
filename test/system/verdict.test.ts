import { describe, expect, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import type { SceneConfig, SceneEntry } from '../support/release-configs.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant({ scenes: 20 });
const timeout = 120_000;

/** Names carry the scene's number, since ProwJobs and release jobs of all scenes share a namespace. */
function configOf(scene: ReleaseScene, verify: Record<string, SceneEntry>): SceneConfig {
  return { name: `4.20.0-0.${scene.id}`, to: 'release', verify };
}

const job = (name: string, more: Partial<SceneEntry> = {}): SceneEntry => ({ prowJob: { name }, ...more });

/** A stream whose first release is on its way. */
async function begin(scene: ReleaseScene, config: SceneConfig): Promise<string> {
  await scene.createStream(config);
  return scene.release(config);
}

async function verdictOf(scene: ReleaseScene, config: SceneConfig, tag: string) {
  const { annotations } = await scene.tag(config, tag);
  return { phase: annotations?.[annotation.phase], reason: annotations?.[annotation.reason], message: annotations?.[annotation.message] };
}

const isAudited = async (scene: ReleaseScene, tag: string) =>
  (await scene.plant.store.read(`audit/${scene.namespace}/${tag}.json`)) !== undefined;

describe.concurrent('verdict by jobs', () => {
  it(
    'Given a blocking job that fails, when all blocking jobs have ended, then the release is rejected and not signed',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, { aws: job(`${scene.id}-aws`), gcp: job(`${scene.id}-gcp`) });
      await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);

      const tag = await begin(scene, config);

      const payload = await scene.phase(config, tag, 'Rejected');
      expect(payload.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
        ['PayloadAccepted', 'False', 'ReleasePayloadAccepted'],
        ['PayloadCreated', 'True', 'ReleasePayloadCreated'],
        ['PayloadFailed', 'False', 'ReleasePayloadFailed'],
        ['PayloadMirrorFailed', 'Unknown', 'ReleasePayloadMirrorFailed'],
        ['PayloadMirrored', 'Unknown', 'ReleasePayloadMirrored'],
        ['PayloadRejected', 'True', 'ReleasePayloadRejected'],
      ]);
      expect(payload.status?.blockingJobResults?.map(({ ciConfigurationName, state }) => [ciConfigurationName, state])).toEqual([
        ['aws', 'Failure'],
        ['gcp', 'Success'],
      ]);
      expect(await verdictOf(scene, config, tag)).toEqual({ phase: 'Rejected', reason: 'ReleasePayloadRejected', message: undefined });
      expect(await isAudited(scene, tag)).toBe(false);
    },
  );

  it('Given an informing job that fails, then the release is accepted all the same', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`), gcp: job(`${scene.id}-gcp`, { optional: true }) });
    await scene.orderProwJobs([{ job: `^${scene.id}-gcp$`, outcomes: ['error'] }]);

    const tag = await begin(scene, config);

    await scene.phase(config, tag, 'Accepted');
    const { status } = await scene.payloadWhen(
      tag,
      'to know the informing result',
      (payload) => payload.status?.informingJobResults?.[0]?.state === 'Failure',
    );
    expect(status?.informingJobResults?.[0]?.results?.map(({ state }) => state)).toEqual(['Error']);
  });

  it('Given a job that fails once, when its retry succeeds, then the release is accepted', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`, { maxRetries: 2 }) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure', 'success'] }]);

    const tag = await begin(scene, config);

    const { status } = await scene.phase(config, tag, 'Accepted');
    const runs = status?.blockingJobResults?.[0]?.results?.map(({ coordinates, state }) => [coordinates?.name, state]);
    expect(runs).toEqual([
      [`${tag}-aws`, 'Failure'],
      [`${tag}-aws-1`, 'Success'],
    ]);
    expect(await scene.prowJobs(tag)).toHaveLength(2);
    await expectAudited({ scene, config, source: config.name, tag });
  });

  it('Given a job that always fails, when its retries are used up, then the release is rejected', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`, { maxRetries: 1 }) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure', 'aborted'] }]);

    const tag = await begin(scene, config);

    const { status } = await scene.phase(config, tag, 'Rejected');
    expect(status?.blockingJobResults?.[0]?.results?.map(({ state }) => state)).toEqual(['Failure', 'Aborted']);
    expect((await scene.prowJobs(tag)).map(({ metadata }) => metadata.name).toSorted()).toEqual([`${tag}-aws`, `${tag}-aws-1`]);
  });

  it('Given a second retry, then it waits for two minutes and says so', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`, { maxRetries: 2 }) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);

    const tag = await begin(scene, config);

    const waiting = await scene.waitingFor('verification', tag, 'the retry of aws');
    const [, second] = (await scene.payload(tag)).status?.blockingJobResults?.[0]?.results ?? [];
    const ended = Date.parse(second?.completionTime ?? '');
    expect(Math.abs(Date.parse(waiting.until ?? '') - ended - 120_000)).toBeLessThan(1_000);
  });

  it('Given an aggregated job, when the aggregator fails once, then it alone runs again', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { gcp: job(`${scene.id}-gcp`, { maxRetries: 1, aggregatedProwJob: { analysisJobCount: 5 } }) });
    await scene.orderProwJobs([
      // All of them run before the first one ends, so that each has its place among them.
      { job: `^${scene.id}-gcp$`, outcomes: ['success', 'success', 'success', 'failure'], seconds: 2 },
      { job: '^gcp-release-openshift-release-analysis-aggregator$', outcomes: ['failure', 'success'] },
    ]);

    const tag = await begin(scene, config);

    await scene.phase(config, tag, 'Accepted');
    const { status } = await scene.payloadWhen(
      tag,
      'to know every analysis',
      ({ status: known }) => known?.informingJobResults?.[0]?.results?.every(({ state }) => state !== 'Pending') === true,
    );
    expect(status?.blockingJobResults?.[0]?.results?.map(({ coordinates, state }) => [coordinates?.name, state])).toEqual([
      [`${tag}-gcp-aggregator`, 'Failure'],
      [`${tag}-gcp-aggregator-1`, 'Success'],
    ]);
    expect(status?.informingJobResults?.[0]?.results?.map(({ state }) => state).toSorted()).toEqual([
      'Failure',
      'Failure',
      'Success',
      'Success',
      'Success',
    ]);
    expect(await scene.prowJobs(tag)).toHaveLength(7);
  });
});

describe.concurrent('verdict by hand', () => {
  it('Given jobs that go on for long, when it is accepted by hand, then it is accepted, signed and says why', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 3_600 }]);
    const tag = await begin(scene, config);
    await scene.waitingFor('release', tag, 'the blocking jobs');

    await scene.override(tag, 'Accepted', 'needed today');

    await scene.phase(config, tag, 'Accepted');
    expect(await scene.condition(tag, 'PayloadAccepted')).toEqual({
      status: 'True',
      reason: 'ReleasePayloadManuallyAccepted',
      message: 'needed today',
    });
    const record = await expectAudited({ scene, config, source: config.name, tag });
    expect(record.verdict).toEqual({ reason: 'ReleasePayloadManuallyAccepted', message: 'needed today' });
    expect(record.jobs).toEqual([{ name: 'aws', kind: 'blocking', state: 'Pending', url: expect.any(String) as string }]);
  });

  it('Given jobs that go on for long, when it is rejected by hand, then it is rejected with the reason given', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 3_600 }]);
    const tag = await begin(scene, config);
    await scene.waitingFor('release', tag, 'the blocking jobs');

    await scene.override(tag, 'Rejected', 'known to be broken');

    await scene.phase(config, tag, 'Rejected');
    expect(await verdictOf(scene, config, tag)).toEqual({
      phase: 'Rejected',
      reason: 'ReleasePayloadManuallyRejected',
      message: 'known to be broken',
    });
    expect(await isAudited(scene, tag)).toBe(false);
  });

  it(
    'Given an accepted release, when it is rejected by hand and the override is withdrawn, then the jobs decide again',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
      const tag = await begin(scene, config);
      await scene.phase(config, tag, 'Accepted');
      await expectAudited({ scene, config, source: config.name, tag });

      await scene.override(tag, 'Rejected', 'found a bug');
      await scene.phase(config, tag, 'Rejected');
      expect(await verdictOf(scene, config, tag)).toEqual({
        phase: 'Rejected',
        reason: 'ReleasePayloadManuallyRejected',
        message: 'found a bug',
      });

      await scene.override(tag, '');
      await scene.phase(config, tag, 'Accepted');
      expect(await verdictOf(scene, config, tag)).toEqual({ phase: 'Accepted', reason: undefined, message: undefined });
      await expectAudited({ scene, config, source: config.name, tag });
      expect(await scene.prowJobs(tag)).toHaveLength(1);
    },
  );

  it('Given a rejected release, when it is accepted by hand, then it is signed', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);
    const tag = await begin(scene, config);
    await scene.phase(config, tag, 'Rejected');
    await scene.ended('release', tag);

    await scene.override(tag, 'Accepted', 'a flake');

    await scene.phase(config, tag, 'Accepted');
    await expectAudited({ scene, config, source: config.name, tag });
  });

  it('Given overrides in quick succession, then the last one holds', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);
    const tag = await begin(scene, config);
    await scene.phase(config, tag, 'Rejected');

    for (let round = 1; round <= 5; round += 1) {
      await scene.override(tag, 'Accepted', `accepted in round ${round}`);
      await scene.payloadWhen(tag, 'to be accepted', (payload) => payloadPhase(payload) === 'Accepted');
      await scene.override(tag, 'Rejected', `rejected in round ${round}`);
      await scene.phase(config, tag, 'Rejected');
    }
    expect(await verdictOf(scene, config, tag)).toMatchObject({ reason: 'ReleasePayloadManuallyRejected', message: 'rejected in round 5' });
  });
});

describe.concurrent('jobs that build and copy', () => {
  it('Given a release job that fails four times, then the release has failed, with its last words', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: job(`${scene.id}-aws`) });
    await scene.orderReleaseJobs([{ job: `^${config.name}-`, outcomes: ['failure'], message: 'error: no space left', skipBackoff: true }]);

    const tag = await begin(scene, config);

    const { status } = await scene.phase(config, tag, 'Failed');
    expect(status?.releaseCreationJobResult).toMatchObject({ status: 'Failed', message: 'error: no space left' });
    expect(status?.conditions?.filter((condition) => condition.status === 'True').map(({ type, reason }) => [type, reason])).toEqual([
      ['PayloadFailed', 'ReleasePayloadFailed'],
      ['PayloadRejected', 'ReleasePayloadCreationJobFailed'],
    ]);
    await scene.eventSaying(config.name, `${tag}: error: no space left`);
    expect(await scene.prowJobs(tag)).toEqual([]);
    expect((await scene.job(tag)).status?.failed).toBe(4);
    expect(await isAudited(scene, tag)).toBe(false);
  });

  it('Given a copy to the alternate repository that fails, then the release is accepted, and says so', { timeout }, async () => {
    const scene = await plant().scene();
    const alternate = { alternateImageRepository: 'quay.io/elsewhere/release', alternateImageRepositorySecretName: 'elsewhere' };
    const config: SceneConfig = { ...configOf(scene, { aws: job(`${scene.id}-aws`) }), ...alternate };
    await scene.orderReleaseJobs([
      { job: `^${config.name}-.*-alternate-mirror$`, outcomes: ['failure'], message: 'error: unauthorized', skipBackoff: true },
    ]);

    const tag = await begin(scene, config);

    await scene.phase(config, tag, 'Accepted');
    expect(await scene.condition(tag, 'PayloadMirrorFailed')).toMatchObject({ status: 'True', message: 'Release mirror Job failed' });
    await expectAudited({ scene, config, source: config.name, tag });
  });
});
