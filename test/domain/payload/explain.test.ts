import { describe, expect, test } from 'vitest';
import { annotation } from '../../../domain/payload/annotations.ts';
import { explainRelease, type ReleaseFacts } from '../../../domain/payload/explain.ts';
import type { Condition, JobRunResult, ReleasePayload, VerificationJobStatus } from '../../../domain/payload/kinds.ts';
import { configOf } from './stream-builder.ts';

const name = '4.18.0-0.nightly-2025-01-04-000000';
const now = Date.parse('2025-01-04T02:00:00Z');
const url = (id: number) => `https://prow.example.test/${id}`;

const run = (state: string, id: number, more: Partial<JobRunResult> = {}): JobRunResult => ({
  coordinates: { name: `${name}-${id}`, namespace: 'ci', cluster: 'build01' },
  startTime: `2025-01-04T01:0${id}:00Z`,
  ...(state === 'Pending' ? {} : { completionTime: `2025-01-04T01:5${id}:00Z` }),
  state,
  humanProwResultsURL: url(id),
  ...more,
});
const job = (
  verify: string,
  state: VerificationJobStatus['state'],
  results: JobRunResult[] = [],
  maxRetries = 0,
): VerificationJobStatus => ({
  ciConfigurationName: verify,
  ciConfigurationJobName: `periodic-${verify}`,
  maxRetries,
  ...(state !== undefined && { state }),
  results,
});
const holds = (type: string, reason = type, message = ''): Condition => ({
  type,
  status: 'True',
  reason,
  message,
  lastTransitionTime: '2025-01-04T00:00:00Z',
});

function payload(status: ReleasePayload['status'], spec: ReleasePayload['spec'] = {}): ReleasePayload {
  return {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace: 'ocp' },
    spec: { payloadCoordinates: { streamName: '4.18.0-0.nightly' }, ...spec },
    ...(status !== undefined && { status }),
  };
}

const facts = (more: Partial<ReleaseFacts>): ReleaseFacts => ({
  name,
  namespace: 'ocp',
  tag: { name, annotations: { [annotation.name]: '4.18.0-0.nightly', [annotation.creationTimestamp]: '2025-01-04T00:00:00Z' } },
  payload: undefined,
  config: undefined,
  pullSpec: '',
  waiting: [],
  now,
  ...more,
});
const explain = (more: Partial<ReleaseFacts>) => explainRelease(facts(more));
const ready = [holds('PayloadCreated')];

describe('while it verifies', () => {
  test('names every blocking job that has not succeeded, and how far it is', () => {
    const blockingJobResults = [
      job('aws', 'Success', [run('Success', 1)]),
      job('azure', 'Pending', [run('Failure', 2), run('Pending', 3)], 2),
      job('gcp', undefined),
      job('metal', 'Pending', [run('Failure', 4), run('Failure', 5, { completionTime: '2025-01-04T01:59:00Z' })], 2),
      job('vsphere', 'Failure', [run('Failure', 6)]),
    ];
    const { reasons, stage, summary } = explain({ payload: payload({ conditions: ready, blockingJobResults }) });
    expect(stage).toBe('verifying');
    expect(reasons).toEqual([
      `blocking job azure (periodic-azure) is running, attempt 2 of 3: ${url(3)}`,
      'blocking job gcp (periodic-gcp) has not started',
      `blocking job metal (periodic-metal) failed: ${url(5)}; attempt 3 of 3 starts at 2025-01-04T02:01:00Z`,
      `blocking job vsphere (periodic-vsphere) failed: ${url(6)}; the release is rejected when all blocking jobs have ended`,
    ]);
    expect(summary.blocking).toEqual({ total: 5, succeeded: 1, failed: 1, pending: 3 });
  });

  test('names informing jobs only where nothing is blocking', () => {
    const informingJobResults = [job('soak', 'Pending', [run('Pending', 1)])];
    expect(explain({ payload: payload({ conditions: ready, informingJobResults }) }).reasons).toEqual([
      `informing job soak (periodic-soak) is running: ${url(1)}`,
    ]);
    const blockingJobResults = [job('aws', undefined)];
    expect(explain({ payload: payload({ conditions: ready, informingJobResults, blockingJobResults }) }).reasons).toEqual([
      'blocking job aws (periodic-aws) has not started',
    ]);
  });

  test('core P8: an upgrade with nothing to upgrade from counts as succeeded, and says so', () => {
    const synthetic = run('Success', 1, {
      coordinates: { name: `${name}-upgrade`, namespace: 'ci', cluster: '' },
      humanProwResultsURL: '',
    });
    const { reasons, jobs } = explain({
      payload: payload({ conditions: ready, blockingJobResults: [job('upgrade', 'Success', [synthetic]), job('aws', undefined)] }),
    });
    expect(jobs[0]).toMatchObject({ state: 'Succeeded', note: 'nothing to upgrade from: counted as succeeded' });
    expect(reasons).toContain('blocking job upgrade (periodic-upgrade): nothing to upgrade from: counted as succeeded');
  });

  test('a job that can not be started says why its workflow can not start it', () => {
    const waiting = [{ for: 'a job for aws', why: 'there is no Prow job periodic-aws', about: { job: 'aws' } }];
    expect(explain({ waiting, payload: payload({ conditions: ready, blockingJobResults: [job('aws', undefined)] }) }).reasons).toEqual([
      'blocking job aws (periodic-aws) can not start: there is no Prow job periodic-aws',
    ]);
  });

  test('what release and verification both wait for is said once, by the one that knows more', () => {
    const waiting = [
      { for: 'the blocking jobs', why: 'not all of them have ended', about: 'jobs' as const },
      { for: '2 running jobs', why: 'blocking: aws', about: 'jobs' as const },
    ];
    const view = explain({ waiting, payload: payload({ conditions: ready, blockingJobResults: [job('aws', undefined)] }) });
    expect(view.waiting.map((item) => item.for)).toEqual(['2 running jobs']);
  });

  test('a statistical job tells its sample', () => {
    const analysis = { ...job('agg', 'Pending', [run('Success', 1), run('Failure', 2), run('Pending', 3)]), analysisJobCount: 10 };
    expect(explain({ payload: payload({ conditions: ready, informingJobResults: [analysis] }) }).reasons).toEqual([
      'informing job agg (periodic-agg) is running: 1 of its 10 runs succeeded, 1 failed so far',
    ]);
  });

  test('the copy to the alternate repository holds the verdict back', () => {
    const spec = {
      payloadCreationConfig: { releaseMirrorCoordinates: { namespace: 'jobs', releaseMirrorJobName: `${name}-alternate-mirror` } },
    };
    const view = explain({
      payload: payload({ conditions: ready, blockingJobResults: [job('aws', 'Success', [run('Success', 1)])] }, spec),
    });
    expect(view.reasons).toEqual([`the copy to the alternate repository has not ended: job jobs/${name}-alternate-mirror`]);
  });

  test('jobs that the status does not list yet are pending all the same', () => {
    const spec = { payloadVerificationConfig: { blockingJobs: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'periodic-aws' }] } };
    expect(explain({ payload: payload({ conditions: ready }, spec) }).summary.blocking).toEqual({
      total: 1,
      succeeded: 0,
      failed: 0,
      pending: 1,
    });
  });
});

describe('while it is built', () => {
  test('says what its workflows wait for', () => {
    const view = explain({
      payload: payload(undefined),
      waiting: [{ for: 'image of cli', why: 'import failed: manifest unknown', until: '2025-01-04T02:05:00Z' }],
    });
    expect(view).toMatchObject({ phase: 'Pending', stage: 'images' });
    expect(view.reasons).toEqual([
      'the release image is not built yet',
      'waits for image of cli: import failed: manifest unknown (until 2025-01-04T02:05:00Z)',
    ]);
  });

  test('names the release job once it runs', () => {
    const releaseCreationJobResult = {
      coordinates: { namespace: 'jobs', name },
      status: 'Unknown' as const,
      message: 'Release creation job pending',
    };
    const view = explain({ payload: payload({ releaseCreationJobResult }) });
    expect(view.stage).toBe('building');
    expect(view.reasons).toContain(`release job jobs/${name}: Release creation job pending`);
  });

  test('a stream that is not driven is a reason', () => {
    expect(explain({ payload: payload(undefined), streamProblem: 'its release config is invalid: x' }).reasons[0]).toBe(
      'stream 4.18.0-0.nightly is not driven: its release config is invalid: x',
    );
  });
});

describe('with a verdict', () => {
  const failed = [job('aws', 'Failure', [run('Failure', 1), run('Failure', 2)], 1), job('gcp', 'Success', [run('Success', 3)])];

  test('rejected: the failed blocking jobs with their results', () => {
    const view = explain({
      payload: payload({ conditions: [holds('PayloadCreated'), holds('PayloadRejected')], blockingJobResults: failed }),
    });
    expect(view.reasons).toEqual([`blocking job aws (periodic-aws) failed in all 2 attempts: ${url(2)}`]);
    expect(view.nextSteps.join('\n')).toContain(`waybill release accept ${name} --reason`);
  });

  test('accepted: by its jobs', () => {
    const view = explain({
      pullSpec: 'registry/r:1',
      payload: payload({ conditions: [holds('PayloadAccepted'), holds('PayloadCreated')], blockingJobResults: failed.slice(1) }),
    });
    expect(view.reasons).toEqual(['the one blocking job succeeded']);
    expect(view.nextSteps).toContain('use it: registry/r:1');
  });

  test('accepted by hand: by whom and why, and which jobs say otherwise', () => {
    const accepted = payload(
      { conditions: [holds('PayloadAccepted', 'ReleasePayloadManuallyAccepted'), holds('PayloadCreated')], blockingJobResults: failed },
      { payloadOverride: { override: 'Accepted', reason: 'known flake' } },
    );
    accepted.metadata.annotations = { 'waybill.dev/override-by': 'alice (admin token)' };
    const view = explain({ payload: accepted });
    expect(view.override).toEqual({ override: 'Accepted', reason: 'known flake', by: 'alice (admin token)' });
    expect(view.reasons).toEqual([
      'accepted by hand by alice (admin token): known flake',
      `blocking job aws (periodic-aws) failed in all 2 attempts: ${url(2)}`,
    ]);
  });

  test('an override that is not followed yet, and one that nobody understands', () => {
    const overridden = (override: string) =>
      explain({ payload: payload({ conditions: [] }, { payloadOverride: { override, reason: 'urgent' } }) }).reasons[0];
    expect(overridden('Accepted')).toBe('an override to Accepted was written: urgent; it counts as soon as the release image exists');
    expect(overridden('accept')).toBe('the override "accept" is neither Accepted nor Rejected, so it is ignored');
  });

  test('failed: what the release job said', () => {
    const releaseCreationJobResult = {
      coordinates: { namespace: 'jobs', name },
      status: 'Failed' as const,
      message: 'error: unable to push',
    };
    const view = explain({
      payload: payload({ conditions: [holds('PayloadFailed'), holds('PayloadRejected')], releaseCreationJobResult }),
    });
    expect(view).toMatchObject({ phase: 'Failed', reasons: [`release job jobs/${name} failed: error: unable to push`] });
    expect(view.nextSteps).toContain('an override can not help, since there is no release image');
  });

  test('failed: it gave way to a newer release', () => {
    const annotations = {
      [annotation.phase]: 'Failed',
      [annotation.reason]: 'Aborted',
      [annotation.message]: 'Multiple releases were found simultaneously running.',
    };
    const view = explain({ tag: { name, annotations }, payload: payload({ conditions: [] }) });
    expect(view).toMatchObject({
      phase: 'Failed',
      reasons: ['the release gave way to a newer one: Multiple releases were found simultaneously running.'],
    });
  });
});

test('a tag without payload is Unknown, and says where its payload should be', () => {
  expect(explain({})).toMatchObject({
    phase: 'Unknown',
    stage: 'unknown',
    stream: '4.18.0-0.nightly',
    reasons: [`release ${name} has no ReleasePayload in namespace ocp: nothing verifies it`],
  });
});

describe('a release of a Stable stream', () => {
  const config = configOf({ name: '4-stable', as: 'Stable' });

  test('that has no payload yet says what holds it, and that it will begin', () => {
    const waiting = [{ for: `the build of ${name}`, why: 'its image has not been imported yet', about: { release: name } }];
    const view = explain({ config, waiting });
    expect(view.reasons).toEqual([`waits for the build of ${name}: its image has not been imported yet`]);
    expect(view.nextSteps).toEqual(['Waybill begins by itself when its turn has come']);
  });

  test('that was rejected is followed by what people tag next', () => {
    const rejected = payload({ conditions: [holds('PayloadCreated'), holds('PayloadRejected')] });
    expect(explain({ config, payload: rejected }).nextSteps[0]).toBe('tag an image under the next version to have another release');
  });
});
