import { describe, expect, it } from 'vitest';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectRelease } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';

const plant = releasePlant();
const timeout = 180_000;

const older: SceneConfig = { name: '4.19.0-0.nightly', to: 'release', verify: { aws: { prowJob: { name: 'periodic-4.19-aws' } } } };

/** With what a nightly stream has: retries, upgrades, statistics, an analysis over several jobs, a copy elsewhere. */
const nightly: SceneConfig = {
  name: '4.20.0-0.nightly',
  to: 'release',
  mirrorPrefix: '4.20-art-latest',
  expires: '336h',
  referenceMode: 'source',
  pullSecretName: 'source',
  alternateImageRepository: 'quay.io/elsewhere/release',
  alternateImageRepositorySecretName: 'elsewhere',
  publish: { tag: { tagRef: { name: '4.20' } } },
  verify: {
    aws: { maxRetries: 2, prowJob: { name: 'periodic-4.20-aws' } },
    'a-name-that-is-far-too-long-for-the-name-of-a-prow-job-4.20': {
      optional: true,
      prowJob: { name: `periodic-4.20-${'very-'.repeat(12)}long` },
    },
    'upgrade-micro': { maxRetries: 1, upgrade: true, prowJob: { name: 'periodic-4.20-upgrade' } },
    'upgrade-minor': {
      upgrade: true,
      upgradeFromRelease: { candidate: { stream: 'nightly', version: '4.19' } },
      prowJob: { name: 'periodic-4.20-upgrade-from-4.19' },
    },
    'upgrade-stable': { optional: true, upgrade: true, upgradeFrom: 'PreviousMinor', prowJob: { name: 'periodic-4.20-upgrade' } },
    'aggregated-gcp': { maxRetries: 1, prowJob: { name: 'periodic-4.20-gcp' }, aggregatedProwJob: { analysisJobCount: 5 } },
    'aggregated-azure': {
      prowJob: { name: 'periodic-4.20-azure' },
      aggregatedProwJob: { prowJob: { name: 'my-aggregator' }, analysisJobCount: 2 },
    },
    analysis: { multiJobAnalysis: true, prowJob: { name: 'periodic-4.20-analysis' } },
    off: { disabled: true, prowJob: { name: 'periodic-4.20-off' } },
  },
};

const ci: SceneConfig = {
  name: '4.21.0-0.ci',
  to: 'release',
  maxUnreadyReleases: 1,
  minCreationIntervalSeconds: 21_600,
  verify: {
    aws: { maxRetries: 1, prowJob: { name: 'periodic-ci-4.21-aws' } },
    gcp: { optional: true, prowJob: { name: 'periodic-ci-4.21-gcp' } },
  },
};

const okd: SceneConfig = {
  name: '4.22.0-0.okd-scos',
  to: 'release-scos',
  mirrorPrefix: '4.22-okd-scos',
  publish: { tag: { tagRef: { name: 'scos-4.22' } }, origin: { imageStreamRef: { namespace: 'origin', name: '4.22' } } },
  verify: {
    aws: { optional: true, prowJob: { name: 'periodic-okd-4.22-aws' } },
    upgrade: { optional: true, upgrade: true, prowJob: { name: 'periodic-okd-4.22-upgrade' } },
  },
};

describe.concurrent('own release configs', () => {
  it('a nightly stream makes a release, and a second one whose upgrade jobs start from the first', { timeout }, async () => {
    const scene = await plant().scene();
    await scene.createStream(older);
    const oldTag = await scene.release(older);
    await scene.phase(older, oldTag, 'Accepted');

    const source = '4.20-input';
    await scene.createStream(nightly, { source });
    const first = await scene.release(nightly);
    await expectRelease({ scene, config: nightly, source, tag: first, from: { 'upgrade-minor': oldTag } });
    const skipped = await scene.eventSaying(source, 'upgrade-micro: nothing to upgrade from');
    expect(skipped).toMatchObject({ reason: 'VerificationSkipped', type: 'Normal' });

    await scene.changeImage(source, 2);
    const second = await scene.release(nightly, 2);
    await expectRelease({ scene, config: nightly, source, tag: second, from: { 'upgrade-minor': oldTag, 'upgrade-micro': first } });
  });

  it('a CI stream makes a release, then waits for the time between two', { timeout }, async () => {
    const scene = await plant().scene();
    await scene.createStream(ci);
    const tag = await scene.release(ci);
    await expectRelease({ scene, config: ci, source: ci.name, tag });

    await scene.changeImage(ci.name, 2);
    const hold = await scene.waitingFor('stream', ci.name, `last tag ${tag} created`);
    expect(hold).toMatchObject({ for: 'the next release', why: expect.stringContaining('less than minimum interval 6h0m0s') as string });
    expect(Date.parse(hold.until ?? '')).toBeGreaterThan(Date.now() + 5 * 3_600_000);
    expect(await scene.tags(ci)).toHaveLength(1);
  });

  it('a stream without blocking jobs is accepted when all others have ended', { timeout }, async () => {
    const scene = await plant().scene();
    await scene.createStream(okd);
    await expectRelease({ scene, config: okd, source: okd.name, tag: await scene.release(okd) });
  });
});
