import { pino } from 'pino';
import { expect, test } from 'vitest';
import { taskQueue, workflowIds } from '../../workflows/ids.ts';
import { greetWatches, payloadActivities } from '../../workers/payload-activities.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { testStack } from '../support/stack.ts';

const client = quietTemporal('worker');

const built = (env: NodeJS.ProcessEnv) => {
  const stack = testStack();
  return payloadActivities(stack.settings(env), stack.kubernetes, client(), pino({ enabled: false }));
};

test('every activity that a workflow asks for is there', () => {
  expect(Object.keys(built({}).activities).toSorted()).toEqual([
    'abortPending',
    'adoptTags',
    'advanceStream',
    'assessThread',
    'collectGarbage',
    'createRelease',
    'deleteCopies',
    'ensureAlternateMirror',
    'ensureMirror',
    'ensureReleaseJob',
    'findCopyRepositories',
    'findFailedImports',
    'listStableStreams',
    'markRelease',
    'markTarget',
    'markVerdicts',
    'migrateLegacyStream',
    'openRelease',
    'placePeriodic',
    'planVerificationRound',
    'prepareRelease',
    'publishRelease',
    'reconcilePeriodics',
    'recordEscalation',
    'recordUpgrades',
    'reimportTags',
    'releaseDigest',
    'removePeriodic',
    'reportGraphProblem',
    'reportProblem',
    'reportReleaseProblem',
    'retireReleases',
    'startPeriodic',
    'startRuns',
    'surveyCopies',
    'surveyStream',
    'syncPayload',
    'watchResource',
  ]);
});

test.each([
  [
    'listed namespaces and a ConfigMap',
    { WAYBILL_RELEASE_NAMESPACES: 'ocp,okd' },
    ['imagestreams', 'releasepayloads', 'jobs', 'pods', 'prowjobs', 'jobconfig'],
  ],
  [
    'labelled namespaces',
    { WAYBILL_RELEASE_NAMESPACES: 'labelled' },
    ['imagestreams', 'releasepayloads', 'jobs', 'pods', 'prowjobs', 'namespaces', 'jobconfig'],
  ],
  [
    'job definitions from files',
    { WAYBILL_PROW_JOB_CONFIG: '/etc/prow,/etc/more.yaml' },
    ['imagestreams', 'releasepayloads', 'jobs', 'pods', 'prowjobs'],
  ],
])('what is watched with %s', (_settings, env, watched) => {
  expect(built(env).watched).toEqual(watched);
});

test('a worker starts the watches that do not run and tells each that it is here', async () => {
  for (const worker of ['first', 'second']) await greetWatches(client(), 'c1', ['jobs', 'pods', 'prowjobs'], worker);
  for (const resource of ['jobs', 'pods', 'prowjobs']) {
    const { events } = await client().workflow.getHandle(workflowIds.watch('c1', resource)).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    const input = JSON.parse(new TextDecoder().decode(started?.input?.payloads?.[0]?.data ?? new Uint8Array())) as unknown;
    expect([started?.workflowType?.name, started?.taskQueue?.name, input]).toEqual(['watch', taskQueue, { cluster: 'c1', resource }]);
    expect((events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? [])).toEqual([
      'hello',
      'hello',
    ]);
  }
});
