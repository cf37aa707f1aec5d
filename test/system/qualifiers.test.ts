import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { playJira } from '../../infra/sandbox/jira/jira.ts';
import type { SceneConfig, SceneEntry } from '../support/release-configs.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const timeout = 120_000;
const token = 'the-token-of-jira';
const folder = mkdtempSync(join(tmpdir(), 'waybill-qualifiers-'));
const [qualifiersFile, tokenFile] = [join(folder, 'qualifiers.yaml'), join(folder, 'token')];
const qualifiers = (badge: string) => ({
  qualifiers: {
    fips: {
      enabled: true,
      badgeName: badge,
      payloadBadgeStatus: 'Yes',
      failureLabels: ['fips-broken'],
      notifications: {
        jira: {
          project: 'OCPBUGS',
          component: 'Installer',
          thread: 'fips',
          escalations: [{ name: 'red', failures: 1, priority: 'Critical' }],
        },
      },
    },
    qe: { approval: true, enabled: true, badgeName: 'QE' },
  },
});
writeFileSync(qualifiersFile, JSON.stringify(qualifiers('FIPS')));
writeFileSync(tokenFile, token);
const jira = await playJira({ token, projects: ['OCPBUGS'], users: [] });
afterAll(async () => {
  await jira.close();
  rmSync(folder, { recursive: true, force: true });
});

const plant = releasePlant({
  scenes: 3,
  env: { WAYBILL_RELEASE_QUALIFIERS: qualifiersFile, WAYBILL_JIRA_URL: jira.url, WAYBILL_JIRA_TOKEN_FILE: tokenFile },
});

const configOf = (scene: ReleaseScene, verify: Record<string, SceneEntry>): SceneConfig => ({
  name: `4.20.0-0.${scene.id}`,
  to: 'release',
  verify,
});
const ofFips = (name: string): SceneEntry => ({ prowJob: { name }, qualifiers: { fips: {} } });

async function begin(scene: ReleaseScene, config: SceneConfig): Promise<string> {
  await scene.createStream(config);
  return scene.release(config);
}

const reasonsOf = async (scene: ReleaseScene, tag: string) => (await scene.events(tag)).map(({ reason }) => reason);

describe.concurrent('qualifiers, approvals and overrides', () => {
  it(
    'Given a failing qualifier, then an issue is raised; an approval counts after the verdict; an override is taken and withdrawn',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, { aws: ofFips(`${scene.id}-aws`) });
      await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, outcomes: ['failure'] }]);
      const tag = await begin(scene, config);
      await scene.phase(config, tag, 'Rejected');

      const thread = `${config.name}-fips-OCPBUGS-Installer-fips`;
      const { status } = await scene.payloadWhen(tag, 'to name the issue', (payload) =>
        Boolean(payload.status?.qualifiersSummary?.qualifiers?.['fips']?.jiraNotifications?.[thread]?.issueKey),
      );
      expect(status?.qualifiersSummary).toMatchObject({
        failureLabels: ['fips-broken'],
        qualifiers: { fips: { aggregateState: 'Failure', badgeEarned: false, badgePropagated: true } },
      });
      const ours = jira.issues.filter(({ labels }) => labels.includes(thread));
      expect(ours).toMatchObject([{ priority: 'Critical', project: 'OCPBUGS', summary: `[Critical] red escalation for ${scene.id}-aws` }]);

      await scene.kubernetes.patch(releasePayloads, scene.namespace, tag, {
        metadata: { labels: { 'release.openshift.io/qe_state': 'Accepted' } },
      });
      const approved = await scene.payloadWhen(tag, 'to know the approval', (payload) =>
        Boolean(payload.status?.qualifiersSummary?.qualifiers?.['qe']),
      );
      expect(approved.status?.qualifiersSummary?.qualifiers?.['qe']).toMatchObject({ approval: true, badgeEarned: true, badgeName: 'QE' });
      expect(approved.status?.qualifiersSummary?.qualifiers?.['fips']?.jiraNotifications).toHaveProperty([thread]);

      await scene.override(tag, 'Accepted', 'a flake');
      await scene.phase(config, tag, 'Accepted');
      await expectAudited({ scene, config, source: config.name, tag });
      await scene.kubernetes.patch(releasePayloads, scene.namespace, tag, { spec: { payloadOverride: null } });
      await scene.phase(config, tag, 'Rejected');
      expect((await scene.tag(config, tag)).annotations?.[annotation.reason]).toBe('ReleasePayloadRejected');

      expect((await reasonsOf(scene, tag)).toSorted()).toEqual([
        'OverrideTaken',
        'OverrideWithdrawn',
        'QualifierEscalated',
        'ReleasePayloadCreated',
        'ReleasePayloadManuallyAccepted',
        // by its jobs, and once more when the override was gone
        'ReleasePayloadRejected',
        'ReleasePayloadRejected',
      ]);
    },
  );

  it(
    'Given jobs that still run, when an acceptance by hand is withdrawn, then the release is Ready again and its jobs decide',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, { aws: { prowJob: { name: `${scene.id}-aws` } } });
      await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 20 }]);
      const tag = await begin(scene, config);
      await scene.waitingFor('release', tag, 'the blocking jobs');

      await scene.override(tag, 'Accepted', 'urgent');
      await scene.phase(config, tag, 'Accepted');
      await scene.override(tag, '');

      await scene.phase(config, tag, 'Ready');
      await scene.phase(config, tag, 'Accepted');
      expect(await scene.condition(tag, 'PayloadAccepted')).toMatchObject({ status: 'True', reason: 'ReleasePayloadAccepted' });
      expect(await scene.prowJobs(tag)).toHaveLength(1);
    },
  );

  it('Given a release that is verified, when the qualifiers change, then it follows at once', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { aws: ofFips(`${scene.id}-aws`) });
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 3_600 }]);
    const tag = await begin(scene, config);
    await scene.waitingFor('release', tag, 'the blocking jobs');

    writeFileSync(qualifiersFile, JSON.stringify(qualifiers('FIPS 140')));

    await scene.payloadWhen(
      tag,
      'to bear the new badge',
      (payload) => payload.status?.qualifiersSummary?.qualifiers?.['fips']?.badgeName === 'FIPS 140',
    );
  });
});
