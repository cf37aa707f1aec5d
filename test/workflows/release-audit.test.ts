import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { Eligibility } from '../../activities/audit-contract.ts';
import type { ReleaseImage } from '../../activities/contract.ts';
import { alsoAuditSignal, auditWorkflowId } from '../../workflows/audit-messages.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { inTurn, type FakeActivities } from '../support/fake-activities.ts';
import { accepted, notEligible, releaseBench, tag, type FakeRelease } from '../support/fake-release.ts';
import { recordHistory } from '../support/record-history.ts';
import { eventually } from '../support/wait.ts';

const { bench, fakeRelease, isSigned, outcomeOf } = releaseBench();

describe.concurrent('the audit of a release', () => {
  test('waits for the digest, longer each time', async () => {
    const times = inTurn<[], ReleaseImage>({}, {}, {}, () => release.image);
    const release = fakeRelease(accepted, accepted, { releaseDigest: times });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('releaseDigest')).toHaveLength(4);
    expect(isSigned(release)).toBe(true);
  });

  test('says what a registry refuses while it waits for the digest', async () => {
    const [why, location] = ['quay.example refuses it (401)', 'quay.example/r:1'];
    const release: FakeRelease = fakeRelease(accepted, accepted, {
      releaseDigest: inTurn<[], ReleaseImage>({ location, problem: why }, () => release.image),
    });
    const meanwhile = async (workflow: WorkflowHandle) => {
      const waiting = async () => (await workflow.query(waitingQuery)).find(({ why: said }) => said === why);
      await eventually('the refusal to be said', waiting);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('audit trap 4: an audit that already runs for the image takes the release in, and tells it', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const { namespace, image, fakes } = release;
    await bench.run(fakes, async (start) => {
      const other = { namespace, tag: 'other', stream: 's', digest: image.digest, location: 'quay.example/r:other' };
      const audit = await start('audit', { workflowId: auditWorkflowId(image.digest), args: [other] });
      const handle = await start('release', { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] });
      await eventually('the release to have asked', async () =>
        (await audit.fetchHistory()).events?.some(
          ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === alsoAuditSignal.name,
        ),
      );
      checking.resolve({ eligible: true });
      expect(await handle.result()).toEqual({ phase: 'Accepted' });
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      await recordHistory(handle, 'release/same-image');
      await recordHistory(audit, 'audit/two-releases');
    });
    expect(fakes.callsOf('recordAttempt').map(([{ tag: audited }, { outcome }]) => [audited, outcome])).toEqual([
      ['other', 'signed'],
      [tag, 'signed'],
    ]);
    expect(new Set(fakes.callsOf('recordAttempt').map(([, { signature }]) => signature?.path)).size).toBe(1);
  });

  test('an audit of its own that already runs is enough', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const { namespace, image, fakes } = release;
    await bench.run(fakes, async (start) => {
      const audit = await start('audit', { workflowId: auditWorkflowId(image.digest), args: [{ namespace, tag, stream: 's', ...image }] });
      const handle = await start('release', { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] });
      await eventually('the release to have asked', async () =>
        (await audit.fetchHistory()).events?.some(
          ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === alsoAuditSignal.name,
        ),
      );
      checking.resolve(notEligible);
      expect(await handle.result()).toEqual({ phase: 'Accepted' });
      expect(await audit.result()).toMatchObject({ kind: 'refused' });
    });
    expect(fakes.callsOf('checkEligible')).toHaveLength(1);
  });

  test('an audit that was terminated by hand is begun again', async () => {
    const held = Promise.withResolvers<Eligibility>();
    const answers = [held.promise, Promise.resolve<Eligibility>({ eligible: true })];
    const release = fakeRelease(accepted, accepted, { checkEligible: () => answers.shift() ?? held.promise });
    const meanwhile = async (_: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('checkEligible', 1);
      await bench.client().workflow.getHandle(auditWorkflowId(release.image.digest)).terminate('by hand');
      await fakes.called('checkEligible', 2);
      held.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, skip: true })).toEqual({ phase: 'Accepted' });
    expect(isSigned(release)).toBe(true);
  });
});
