import { describe, expect, test } from 'vitest';
import {
  auditsForecast,
  copiesForecast,
  graphForecast,
  importsForecast,
  leaseForecast,
  leftoversForecast,
  legacyForecast,
  schedulesForecast,
  verdictsForecast,
  type FoundCopies,
  type PartForecast,
} from '../../../domain/operations/part-forecasts.ts';
import type { Condition, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { condition, jobOf, payloadOf, runOf } from '../payload/payload-builder.ts';

const holding = (created: Condition['status'], accepted: Condition['status'], rejected: Condition['status']) =>
  Object.entries({ PayloadAccepted: accepted, PayloadCreated: created, PayloadFailed: 'False', PayloadRejected: rejected } as const).map(
    ([type, status]) => condition(type, status, { reason: `Release${type}` }),
  );
const payload = (name: string, conditions: Condition[], { override = '', run = 'Success' } = {}): ReleasePayload =>
  payloadOf({
    name,
    ...(override === '' ? {} : { override: { override } }),
    status: {
      conditions,
      releaseCreationJobResult: { status: 'Success', message: '' },
      blockingJobResults: [jobOf('Success', 'aws', { results: [runOf(run)] })],
    },
  });
const accepted = holding('True', 'True', 'False');
const copies: FoundCopies = {
  repository: 'quay.io/a',
  tags: 5,
  needed: 2,
  young: 1,
  unknown: 0,
  reasons: [],
  garbage: 2,
  tagsToDelete: ['x', 'y'],
};
const counts = 'quay.io/a: of 5 tags 2 are needed, 1 too young, 0 of unknown age';
const rules = { dryRun: false, maximum: 100 };
const nothing = { payloads: [], mirrors: [], jobs: [] };
const noChange = { make: [], change: [], remove: [], run: [], because: [] };

describe('a dry run of what is done beside the streams', () => {
  test.each<[string, PartForecast, string[], string[]]>([
    ['a free lease', leaseForecast({ lease: 'a/b', verdict: 'free', holder: 'unknown' }), ['take the lease a/b'], []],
    [
      'a lease that has run out',
      leaseForecast({ lease: 'a/b', verdict: 'expired', holder: 'x' }),
      ['take the lease a/b, which has run out (x)'],
      [],
    ],
    ['a lease of our own', leaseForecast({ lease: 'a/b', verdict: 'ours', holder: 'x' }), [], ["the lease a/b is this Waybill's"]],
    [
      'a lease of others',
      leaseForecast({ lease: 'a/b', verdict: 'held', holder: 'x', refusal: 'x is there\nnext: ask' }),
      [],
      ['x is there', 'next: ask'],
    ],
    [
      'finished releases are left alone',
      verdictsForecast([payload('a', accepted), payload('b', holding('True', 'False', 'False'))], 0),
      [],
      [],
    ],
    [
      'but for verdicts that are half written, overrides that are not followed, and runs that go on',
      verdictsForecast(
        [
          payload('half', holding('True', 'True', 'Unknown')),
          payload('overridden', accepted, { override: 'Rejected' }),
          payload('open', accepted, { run: 'Pending' }),
          payload('half-and-open', holding('True', 'True', 'True'), { run: 'Pending' }),
        ],
        0,
      ),
      [
        'complete the half-written verdict of 2 releases: half, half-and-open',
        'follow the override of 1 release: overridden',
        'take in the last results of 1 release: open',
      ],
      [],
    ],
    ['nothing is left behind', leftoversForecast(nothing, nothing), [], []],
    [
      'what is left behind now, and by removals to come',
      leftoversForecast({ payloads: ['a', 'b'], mirrors: ['m'], jobs: [] }, { payloads: [], mirrors: [], jobs: ['j'] }),
      ['remove 2 ReleasePayloads: a, b', 'remove 1 mirror: m', 'remove, when the releases are gone whose time is over, 1 job: j'],
      [],
    ],
    [
      'of many the first ones',
      importsForecast(Array.from({ length: 12 }, (_, index) => `t${index}`)),
      ['ask again for the import of 12 tags: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 2 more'],
      [],
    ],
    ['imports that are not asked for', importsForecast(undefined), [], ['WAYBILL_REIMPORT_INTERVAL is 0']],
    ['copies', copiesForecast([copies], rules), ['delete in quay.io/a 2 copies: x, y'], [counts]],
    [
      'copies that are only reported',
      copiesForecast([copies], { ...rules, dryRun: true }),
      ['report, and leave, in quay.io/a 2 copies: x, y'],
      [counts],
    ],
    [
      'more copies than may go',
      copiesForecast([{ ...copies, garbage: 2, tagsToDelete: [] }], { ...rules, maximum: 1, problems: ['and trouble'] }),
      [],
      [counts, expect.stringContaining('quay.io/a: 2 copies would be deleted, and 1 may be') as string, 'and trouble'],
    ],
    ['copies that nobody looks for', copiesForecast([], { ...rules, off: 'it is off' }), [], ['it is off']],
    ['schedules as they should be', schedulesForecast(noChange), [], []],
    [
      'schedules',
      schedulesForecast({ make: ['a'], change: ['b'], remove: ['c', 'd'], run: ['a'], because: ['e has no job'] }),
      ['make 1 schedule: a', 'change 1 schedule: b', 'remove 2 schedules: c, d', 'run at once 1 periodic: a'],
      ['e has no job'],
    ],
    ['a graph without news', graphForecast('ocp/graph', 0, 7), [], []],
    [
      'a graph with news',
      graphForecast('ocp/graph', 2, 7, 'it can not be read'),
      ['store 2 results of upgrade jobs in Secret ocp/graph, which then has 7 edges'],
      ['it can not be read'],
    ],
    ['audits without a store', auditsForecast(undefined), [], ['WAYBILL_STORAGE_URL is not set: nothing is signed']],
    [
      'audits by a worker without a key',
      auditsForecast({ due: [{ namespace: 'ocp', tag: 'a' }], left: 0, eligible: 1, undigested: 0 }, false),
      ['begin the audit of 1 release: ocp/a'],
      ['this worker would have no signing key: they wait for one that has'],
    ],
    [
      'audits',
      auditsForecast({ due: [{ namespace: 'ocp', tag: 'a' }], left: 3, eligible: 5, undigested: 1 }),
      ['begin the audit of 1 release: ocp/a', 'begin the audits of 3 further images in later runs'],
      ['1 have no digest that image stream or registry would show'],
    ],
    [
      'releases older than payloads, where nobody wants theirs',
      legacyForecast(undefined),
      [],
      ['WAYBILL_PROCESS_LEGACY_RESULTS is not set'],
    ],
    ['releases older than payloads', legacyForecast({ migrated: 4 }), ['make ReleasePayloads for 4 of them'], []],
  ])('%s', (_what, found, would, because) => {
    expect([found.would, found.because]).toEqual([would, because]);
  });

  test('all names are there for machines', () => {
    const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
    expect(importsForecast(names).names).toEqual({ import: names });
    expect(schedulesForecast(noChange)).not.toHaveProperty('names');
  });
});
