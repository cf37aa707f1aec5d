import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateReleaseConfigs } from '../../../domain/payload/config-validation.ts';

const valid = { name: '4.15.0-0.nightly', to: 'release' };
const job = (name: string) => ({ prowJob: { name } });
const file = (config: unknown, name = 'a.json') => ({ file: name, text: typeof config === 'string' ? config : JSON.stringify(config) });
const findings = (...configs: unknown[]) => validateReleaseConfigs(configs.map((config, index) => file(config, `dir/${index}.json`)));
const reasons = (...configs: unknown[]) => findings(...configs).map(({ reason }) => reason);
const periodic = (entry: object) => ({ ...valid, periodic: { soak: { ...job('periodic-soak'), ...entry } } });
const verify = (entry: object, name = 'aws') => ({ ...valid, verify: { [name]: { ...job('periodic-aws'), ...entry } } });
const named = (name: string, jobs: Record<string, string>) => ({
  ...valid,
  name,
  periodic: Object.fromEntries(Object.entries(jobs).map(([key, of]) => [key, { ...job(of), interval: '6h' }])),
});
const qualifiers = (entry: object) => verify({ qualifiers: { fips: entry } });

describe('what may be merged', () => {
  it.each<[string, unknown[]]>([
    ['core 1: a cron', [periodic({ cron: '0 8,20 * * *' })]],
    ['core 2: an interval', [periodic({ interval: '6h' })]],
    [
      'core 7: periodics with jobs of their own',
      [named('4.5.0-0.nightly', { a: 'w', b: 'x' }), named('4.6.0-0.nightly', { a: 'y', b: 'z' })],
    ],
    ['core 10: an optional asynchronous job', [verify({ async: true, optional: true })]],
    ['core 11: upgradeFrom alone', [verify({ upgrade: true, upgradeFrom: 'Previous' })]],
    ['core 11: upgradeFromRelease alone', [verify({ upgradeFromRelease: { candidate: { stream: 'nightly', version: '4.14' } } })]],
    ['core 13: a blocking aggregated job', [verify({ aggregatedProwJob: { analysisJobCount: 10 } })]],
    ['core 13: an optional job', [verify({ optional: true })]],
    ['core 13: a blocking job', [verify({})]],
    ['core 14: no qualifiers', [verify({ qualifiers: {} })]],
    ['core 14: an empty qualifier', [qualifiers({})]],
    ['core 14: overrides', [qualifiers({ enabled: false, payloadBadgeStatus: 'No' })]],
    ...['aws-e2e', 'aws-4x-e2e', 'e2e4'].map((name): [string, unknown[]] => [`core 17: an entry named ${name}`, [verify({}, name)]]),
    ['a disabled entry without a job', [{ ...valid, verify: { aws: { disabled: true } } }]],
    ['keys in any case', [{ NAME: 'a', To: 'b' }]],
  ])('%s', (_name, configs) => {
    expect(findings(...configs)).toEqual([]);
  });
});

const stream = '4.15.0-0.nightly';
const neither = `${stream}: verification job aws cannot have both upgradeFrom and upgradeFromRelease set`;
const candidate = { candidate: { stream: 'nightly', version: '4.14' } };
const aggregated = { aggregatedProwJob: { analysisJobCount: 10 } };
const both = `${stream}: verification job "aws" cannot be both optional and an aggregatedProwJob`;
const approval = 'aws: qualifier fips must not specify approval in release config (approval qualifiers are only valid in global config)';
const badQualifier = 'unable to validate "aws" release qualifier fips: unable to validate qualifier fips:';

describe('what upstream refuses', () => {
  it.each<[string, unknown, string, string]>([
    ['core 3: neither cron nor interval (P23)', periodic({}), 'periodic.soak', `${stream}: periodic soak: must specify a cron or interval`],
    [
      'core 4: cron and interval',
      periodic({ cron: '@daily', interval: '6h' }),
      'periodic.soak.cron',
      `${stream}: periodic soak: cannot have both cron and interval specified`,
    ],
    [
      'core 5: a cron that is none',
      periodic({ cron: '0 8,25 * * *' }),
      'periodic.soak.cron',
      `${stream}: periodic soak: cannot parse cron: hour "25" is above 23`,
    ],
    [
      'core 6: an interval that is none',
      periodic({ interval: '6g' }),
      'periodic.soak.interval',
      `${stream}: periodic soak: cannot parse interval: time: unknown unit "g" in duration "6g"`,
    ],
    [
      'core 10: asynchronous but blocking',
      verify({ async: true }),
      'verify.aws.async',
      `${stream}: verification job aws has async set but is not optional`,
    ],
    [
      'core 10: asynchronous with retries',
      verify({ async: true, optional: true, maxRetries: 3 }),
      'verify.aws.maxRetries',
      `${stream}: verification job aws has async set with maxRetries > 0, which is contradictory because async jobs are skipped by retry logic`,
    ],
    [
      'core 11: two sources in verify',
      verify({ upgradeFrom: 'Previous', upgradeFromRelease: candidate }),
      'verify.aws.upgradeFromRelease',
      neither,
    ],
    [
      'core 11: two sources in a periodic',
      periodic({ interval: '6h', upgradeFrom: 'Previous', upgradeFromRelease: candidate }),
      'periodic.soak.upgradeFromRelease',
      `${stream}: periodic job soak cannot have both upgradeFrom and upgradeFromRelease set`,
    ],
    ['core 12: optional and aggregated', verify({ optional: true, ...aggregated }), 'verify.aws.optional', both],
    [
      'core 12: the same with an aggregator of its own',
      verify({ optional: true, aggregatedProwJob: { ...job('x'), analysisJobCount: 3 } }),
      'verify.aws.optional',
      both,
    ],
    [
      'core 12: the same among valid entries',
      { ...valid, verify: { a: job('a'), aws: { ...job('p'), optional: true, ...aggregated }, z: job('z') } },
      'verify.aws.optional',
      both,
    ],
    ['core 15: approval', qualifiers({ approval: true }), 'verify.aws.qualifiers.fips.approval', approval],
    ['core 15: no approval, said aloud', qualifiers({ approval: false }), 'verify.aws.qualifiers.fips.approval', approval],
    ...['aws-e2e-1', 'aws-e2e-10'].map((name): [string, unknown, string, string] => [
      `core 18: an entry named ${name}`,
      verify({}, name),
      `verify.${name}`,
      `${stream}: verification job "${name}" must not end with a dash followed by a number`,
    ]),
    [
      'an unknown key',
      verify({ optinal: true }),
      'verify.aws.optinal',
      'failed to unmarshal release configuration file 0.json: json: unknown field "optinal"',
    ],
    [
      'a wrong type',
      { ...valid, hide: 'yes' },
      'hide',
      'failed to unmarshal release configuration file 0.json: json: cannot unmarshal string into field hide of type bool',
    ],
    ['no name', { to: 'release' }, 'name', 'release config must have a valid name'],
    ['no target', { name: stream }, 'to', "release must specify 'to' unless 'as' is 'Stable'"],
    ['a nameless entry', { ...valid, verify: { '': job('x') } }, 'verify', 'verify config has no name'],
    [
      'a source that does not exist',
      verify({ upgradeFrom: 'PreviousMicro' }),
      'verify.aws.upgradeFrom',
      'verify config aws has an invalid upgradeFrom: PreviousMicro',
    ],
    ['a job without name', verify({ prowJob: {} }), 'verify.aws.prowJob.name', 'prow job for aws has no name'],
    ['a nameless publish', { ...valid, publish: { '': {} } }, 'publish', 'publish config has no name'],
    [
      'a tagRef without name',
      { ...valid, publish: { tag: { tagRef: {} } } },
      'publish.tag.tagRef.name',
      'tagRef publish for tag has no name',
    ],
  ])('%s', (_name, config, path, reason) => {
    expect(findings(config)).toEqual([{ file: 'dir/0.json', path, reason }]);
  });

  it('core 12, 18: also in the second of two files', () => {
    const second = { ...valid, name: 'b', verify: { 'bad-job-3': { ...job('p'), optional: true, ...aggregated } } };
    expect(findings(verify({}), second).map(({ file: where, path }) => [where, path])).toEqual([
      ['dir/1.json', 'verify.bad-job-3.optional'],
      ['dir/1.json', 'verify.bad-job-3'],
    ]);
  });

  it('core 8: one job in two periodics of a config', () => {
    expect(findings(named('4.5.0-0.nightly', { a: 'x', b: 'x' }))).toEqual(
      ['a', 'b'].map((name) => ({
        file: 'dir/0.json',
        path: `periodic.${name}.prowJob.name`,
        reason: 'found job x in multiple locations: [[4.5.0-0.nightly: periodic: a] [4.5.0-0.nightly: periodic: b]]',
      })),
    );
  });

  it('core 9: one job in periodics of two configs', () => {
    expect(findings(named('4.5.0-0.nightly', { a: 'x' }), named('4.6.0-0.nightly', { a: 'x' }))).toMatchObject([
      { file: 'dir/0.json', reason: expect.stringContaining('[[4.5.0-0.nightly: periodic: a] [4.6.0-0.nightly: periodic: a]]') },
      { file: 'dir/1.json', path: 'periodic.a.prowJob.name' },
    ]);
  });

  it('text that is no JSON', () => {
    expect(findings('{')).toMatchObject([
      { path: '', reason: expect.stringMatching(/^failed to unmarshal release configuration file 0\.json: ./) },
    ]);
  });

  it('text of more than 16 KiB, counted without blanks', () => {
    const message = 'x'.repeat(17_000);
    expect(findings({ ...valid, message })).toEqual([{ file: 'dir/0.json', path: '', reason: 'release config must be less than 16k' }]);
    expect(findings(`${' '.repeat(20_000)}${JSON.stringify(valid)}`)).toEqual([]);
  });
});

describe('what upstream lets through', () => {
  it.each<[string, unknown, string, string]>([
    [
      'core P1: an entry without a job',
      { ...valid, verify: { aws: {} } },
      'verify.aws.prowJob',
      `${stream}: verification job aws has no prow job and is not disabled`,
    ],
    [
      'core P1: an upgrade without a job',
      { ...valid, upgrade: { aws: {} } },
      'upgrade.aws.prowJob',
      `${stream}: upgrade platform aws has no prow job`,
    ],
    [
      'core P1: a periodic without a job',
      { ...valid, periodic: { soak: { interval: '6h' } } },
      'periodic.soak.prowJob',
      `${stream}: periodic job soak has no prow job`,
    ],
    [
      'core P6: nothing to aggregate',
      verify({ aggregatedProwJob: {} }),
      'verify.aws.aggregatedProwJob.analysisJobCount',
      `${stream}: verification job aws aggregates no jobs: its analysisJobCount must be at least 1`,
    ],
    [
      'core P38: a negative interval',
      { ...valid, minCreationIntervalSeconds: -1 },
      'minCreationIntervalSeconds',
      `${stream}: minCreationIntervalSeconds must not be negative, was -1`,
    ],
    [
      'core P38: a negative limit',
      { ...valid, maxUnreadyReleases: -2 },
      'maxUnreadyReleases',
      `${stream}: maxUnreadyReleases must not be negative, was -2`,
    ],
    [
      'core P38: negative retries',
      verify({ maxRetries: -1 }),
      'verify.aws.maxRetries',
      `${stream}: verification job aws must not have a negative maxRetries, was -1`,
    ],
    [
      'a periodic from a source that does not exist',
      periodic({ interval: '6h', upgradeFrom: 'Yesterday' }),
      'periodic.soak.upgradeFrom',
      `${stream}: periodic job soak has an invalid upgradeFrom: Yesterday`,
    ],
    [
      'an interval of nothing',
      periodic({ interval: '0s' }),
      'periodic.soak.interval',
      `${stream}: periodic soak: interval must be longer than nothing, was 0s`,
    ],
    [
      'a source of no kind',
      verify({ upgradeFromRelease: {} }),
      'verify.aws.upgradeFromRelease',
      `${stream}: verification job aws must have exactly one of prerelease, candidate and release in upgradeFromRelease, has 0`,
    ],
    [
      'a priority that Jira does not have',
      qualifiers({ notifications: { jira: { escalations: [{ name: 'e', priority: 'Urgent' }] } } }),
      'verify.aws.qualifiers.fips.notifications.jira.escalations[0].priority',
      `${badQualifier} escalation e must have a priority of Blocker, Critical, Major, Normal, Minor, Trivial, was "Urgent"`,
    ],
  ])('%s', (_name, config, path, reason) => {
    expect(findings(config)).toEqual([{ file: 'dir/0.json', path, reason }]);
  });

  it('two streams of one name', () => {
    expect(reasons(valid, valid)).toEqual(Array(2).fill(`${stream} is the name of several release configs: dir/0.json, dir/1.json`));
  });
});

it('finds everything at once', () => {
  const config = { hidden: true, verify: { 'a-1': { async: true, maxRetries: -1 }, b: { upgradeFrom: 'x' } }, periodic: { p: {} } };
  expect(findings(config).map(({ path }) => path)).toEqual([
    'hidden',
    'name',
    'to',
    'verify.b.upgradeFrom',
    'verify.a-1.async',
    'verify.a-1',
    'verify.a-1.prowJob',
    'verify.a-1.maxRetries',
    'verify.b.prowJob',
    'periodic.p',
    'periodic.p.prowJob',
  ]);
});

const fixtures = new URL('../../../../shared/fixtures/release-configs/', import.meta.url);

it.skipIf(!existsSync(fixtures))('real release configs have the one slip that upstream would find too', () => {
  const files = readdirSync(fixtures).map((name) => ({ file: name, text: readFileSync(new URL(name, fixtures), 'utf8') }));
  expect(validateReleaseConfigs(files).map(({ file: name, path }) => [name, path])).toEqual([
    ['release-ocp-4.20.json', 'verify.aggregated-hypershift-aks-conformance-4.20.optional'],
  ]);
});
