import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronTimes } from '../../../domain/payload/cron.ts';
import type { ProwJob } from '../../../domain/payload/kinds.ts';
import {
  dueness,
  latestRun,
  periodicsMark,
  readPeriodic,
  scheduleStep,
  startedAt,
  timesText,
  uuidOf,
  type PeriodicTimes,
  type ScheduleStep,
} from '../../../domain/payload/periodic.ts';
import { buildPeriodicJob } from '../../../domain/payload/periodic-job.ts';
import { configOf } from './stream-builder.ts';

const entryOf = (periodic: object) => {
  const config = configOf({ periodic: { soak: periodic } });
  return readPeriodic(config, 'soak', config.periodic['soak']!);
};
const prowJob = { name: 'periodic-soak' };
const times = (text: string) => {
  const read = cronTimes(text);
  return read.ok ? read.times : read.error;
};
const calendar = (...expressions: string[]) => ({ kind: 'calendar', expressions });

describe('the times of a cron text', () => {
  it.each([
    ['0 8,20 * * *', calendar('0 0 8,20 * * * *')],
    ['30 0 8 * * ?', calendar('30 0 8 * * * *')],
    ['*/15 0-6 1 jan-MAR *', calendar('0 */15 0-6 1 1-3 * *')],
    ['5/10 * * * MON', calendar('0 5-59/10 * * * 1 *')],
    ['5/1 */1 * * *', calendar('0 5-59 * * * * *')],
    ['0 0 1,15 * FRI', calendar('0 0 0 1,15 * * *', '0 0 0 * * 5 *')],
    ['0 0 */2 * 1-5/2', calendar('0 0 0 */2 * * *', '0 0 0 * * 1-5/2 *')],
    ['0 0 */1 * 5', calendar('0 0 0 * * 5 *')],
    ['@weekly', calendar('0 0 0 * * 0 *')],
    ['@hourly', calendar('0 0 * * * * *')],
    ['@every 1h30m', { kind: 'every', ms: 5_400_000 }],
    ['@every 10ms', { kind: 'every', ms: 1000 }],
    ['@every 1.7s', { kind: 'every', ms: 1000 }],
    ['TZ=UTC 0 8 * * *', 'times are in UTC, a time zone is not taken'],
    ['0 25 * * *', 'hour "25" is above 23'],
  ])('%j', (text, expected) => {
    expect(times(text)).toEqual(expected);
  });
});

describe('an entry', () => {
  const wrong = (what: string) => ({ ok: false, error: `4.15.0-0.nightly: periodic soak: ${what}` });
  it.each([
    ['core 1: cron', { cron: '0 8,20 * * *', prowJob }, { ok: true, job: 'periodic-soak', times: calendar('0 0 8,20 * * * *') }],
    ['core 2: interval', { interval: '6h', prowJob }, { ok: true, job: 'periodic-soak', times: { kind: 'interval', ms: 21_600_000 } }],
    ['core 3, P23: neither', { prowJob }, wrong('must specify a cron or interval')],
    [
      'cron before interval',
      { interval: '6h', cron: '@daily', prowJob },
      { ok: true, job: 'periodic-soak', times: calendar('0 0 0 * * * *') },
    ],
    ['core 5: wrong cron', { cron: '0 8,25 * * *', prowJob }, wrong('cannot parse cron: hour "25" is above 23')],
    ['core 6: wrong interval', { interval: '6g', prowJob }, wrong('cannot parse interval: time: unknown unit "g" in duration "6g"')],
    ['no time at all', { interval: '-1h', prowJob }, wrong('interval must be a second at least, was -1h')],
    ['core P1: no job', { interval: '6h' }, wrong('must name a prowJob')],
    ['core P1: a job without a name', { interval: '6h', prowJob: {} }, wrong('must name a prowJob')],
  ])('%s', (_name, periodic, expected) => {
    expect(entryOf(periodic)).toEqual(expected);
  });

  it('of another schedule or job changes the mark of its stream; one of another upgrade does not', () => {
    const mark = (soak: object, more = {}) => periodicsMark(configOf({ periodic: { soak }, ...more }));
    const marks = [{ cron: '@daily' }, { cron: '@weekly' }, { interval: '6h' }, { interval: '6h', prowJob }, {}].map((soak) => mark(soak));
    expect(new Set(marks).size).toBe(marks.length);
    expect(mark({ cron: '@daily', upgrade: true })).toBe(marks[0]);
    expect([mark({ cron: '@daily' }, { endOfLife: true }), periodicsMark(configOf())]).toEqual(['', '']);
  });
});

const noon = Date.UTC(2025, 5, 1, 12);
const hour = 3_600_000;

function run(
  name: string,
  startTime: string,
  more: { ended?: boolean; source?: string; labels?: object; job?: string; type?: string } = {},
): ProwJob {
  const {
    ended = true,
    source = 'ocp/src',
    labels = { 'release.openshift.io/verify': 'true' },
    job = 'periodic-soak',
    type = 'periodic',
  } = more;
  return {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: { name, labels: labels as Record<string, string>, annotations: { 'release.openshift.io/source': source } },
    spec: { job, type },
    status: { startTime, ...(ended && { completionTime: startTime }) },
  };
}

describe('the latest run', () => {
  it('is the one that began last, of the job and the stream, verification runs included', () => {
    const verification = run('verification', '2025-06-01T11:00:00Z');
    const others = [
      run('older', '2025-06-01T10:00:00Z'),
      run('foreign', '2025-06-01T11:30:00Z', { source: 'ocp/other' }),
      run('another job', '2025-06-01T11:30:00Z', { job: 'periodic-other' }),
      run('a pull request', '2025-06-01T11:30:00Z', { type: 'presubmit' }),
      run('unlabelled', '2025-06-01T11:30:00Z', { labels: {} }),
    ];
    expect(latestRun([...others, verification], 'periodic-soak', 'ocp/src')).toBe(verification);
    expect(latestRun(others.slice(1), 'periodic-soak', 'ocp/src')).toBeUndefined();
  });

  const interval = { kind: 'interval', ms: 2 * hour } as const;
  const cron = { kind: 'calendar', expressions: [] as string[] } as const;
  it.each([
    ['none', interval, undefined, { kind: 'due' }],
    ['ended and long ago', interval, run('r', '2025-06-01T10:00:00Z'), { kind: 'due' }],
    ['ended and too short ago', interval, run('r', '2025-06-01T10:00:01Z'), { kind: 'early', at: noon + 1000 }],
    ['still active', interval, run('r', '2025-06-01T01:00:00Z', { ended: false }), { kind: 'active', run: 'r' }],
    ['ended a moment ago, for a cron time', { ...cron, expressions: [] }, run('r', '2025-06-01T11:59:59Z'), { kind: 'due' }],
    [
      'active, for a cron time',
      { ...cron, expressions: [] },
      run('r', '2025-06-01T01:00:00Z', { ended: false }),
      { kind: 'active', run: 'r' },
    ],
  ] as const)('%s', (_name, when, latest, expected) => {
    expect(dueness(when as never, latest, noon)).toEqual(expected);
  });

  it('began when it was made, until Prow says when', () => {
    const { status: _, ...unseen } = run('r', '');
    expect(startedAt({ ...unseen, metadata: { ...unseen.metadata, creationTimestamp: '2025-06-01T12:00:00Z' } })).toBe(noon);
  });
});

it('a name is a UUID, the same for the same firing', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(uuidOf(a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(uuidOf(a) === uuidOf(b)).toBe(a === b);
    }),
  );
});

describe('the ProwJob of a periodic', () => {
  const definition = {
    name: 'periodic-soak',
    cluster: 'build01',
    labels: { 'job-release': '4.15' },
    annotations: { 'testgrid-dashboards': 'x' },
    spec: { containers: [{ name: 'test', env: [] }] },
  };
  const build = (more: object = {}) =>
    buildPeriodicJob({
      name: uuidOf('x'),
      tag: '4.15.0-0.nightly-2025',
      namespace: 'ci',
      source: 'ocp/src',
      definition,
      pullSpec: 'registry/release:tag',
      architecture: 'amd64',
      now: '2025-06-01T12:00:00Z',
      upgrade: false,
      ...more,
    });

  it('has the labels and annotations of its definition, and no payload', () => {
    const built = build();
    expect(built.kind === 'job' && built.job.metadata).toEqual({
      name: uuidOf('x'),
      namespace: 'ci',
      labels: {
        'created-by-prow': 'true',
        'prow.k8s.io/type': 'periodic',
        'prow.k8s.io/job': 'periodic-soak',
        'prow.k8s.io/context': '',
        'job-release': '4.15',
        'release.openshift.io/verify': 'true',
      },
      annotations: {
        'prow.k8s.io/job': 'periodic-soak',
        'prow.k8s.io/context': '',
        'testgrid-dashboards': 'x',
        'release.openshift.io/source': 'ocp/src',
        'release.openshift.io/tag': '4.15.0-0.nightly-2025',
        'release.openshift.io/architecture': 'amd64',
      },
    });
    expect(built.kind === 'job' && [built.job.spec.job, built.job.spec.cluster]).toEqual(['periodic-soak', 'build01']);
  });

  it('says what an upgrade starts from', () => {
    const built = build({ upgrade: true, from: { tag: 'older', pullSpec: 'registry/release:older' } });
    expect(built.kind === 'job' && built.job.metadata.annotations).toMatchObject({ 'release.openshift.io/from-tag': 'older' });
    const env = built.kind === 'job' && built.job.spec.pod_spec?.containers?.[0]?.env;
    expect(env).toContainEqual({ name: 'RELEASE_IMAGE_INITIAL', value: 'registry/release:older' });
  });

  it('can not be made without a release to upgrade from', () => {
    expect(build({ upgrade: true })).toMatchObject({ kind: 'cannot-run' });
  });
});

describe('the schedule of an entry', () => {
  const hour = 3_600_000;
  const hourly: PeriodicTimes = { kind: 'interval', ms: hour };
  const daily: PeriodicTimes = { kind: 'calendar', expressions: ['0 0 0 * * * *'] };
  const steady: PeriodicTimes = { kind: 'every', ms: hour };
  const now = Date.UTC(2026, 0, 1, 12);
  const known = (times: PeriodicTimes, more: { paused?: boolean; running?: boolean } = {}) => ({
    made: timesText(times),
    paused: false,
    running: false,
    ...more,
  });
  const ago = (minutes: number) => now - minutes * 60_000;
  it.each<[string, PeriodicTimes, number | undefined, ReturnType<typeof known> | undefined, ScheduleStep]>([
    ['is made, and runs at once where nothing ran before', hourly, undefined, undefined, { kind: 'make', runsNow: true }],
    ['is made, and waits until the interval is over', hourly, ago(30), undefined, { kind: 'make', runsNow: false }],
    ['is made, and waits for its time', daily, undefined, undefined, { kind: 'make', runsNow: false }],
    ['is made, and runs at once where only the time between runs is said', steady, ago(5), undefined, { kind: 'make', runsNow: true }],
    ['is left alone when it is made from the same times', hourly, ago(65), known(hourly), { kind: 'keep' }],
    ['makes up for a run that was missed', hourly, ago(80), known(hourly), { kind: 'run' }],
    ['makes up for nothing while it is paused', hourly, ago(80), known(hourly, { paused: true }), { kind: 'keep' }],
    ['makes up for nothing while a run goes on', hourly, ago(80), known(hourly, { running: true }), { kind: 'keep' }],
    ['is changed with its times, and runs where that is due by now', hourly, ago(80), known(daily), { kind: 'change', runsNow: true }],
    ['is changed and stays paused', hourly, ago(80), known(daily, { paused: true }), { kind: 'change', runsNow: false }],
    ['is changed to a time of the day', daily, ago(80), known(hourly), { kind: 'change', runsNow: false }],
  ])('%s', (_, times, latestStart, current, step) => {
    expect(scheduleStep({ times, ...(latestStart === undefined ? {} : { latestStart }) }, current, now)).toEqual(step);
  });
});
