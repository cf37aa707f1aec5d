import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseReleaseConfig } from '../../../domain/payload/config.ts';

const parse = (config: unknown) => parseReleaseConfig(typeof config === 'string' ? config : JSON.stringify(config));
const valid = { name: '4.15.0-0.nightly', to: 'release' };
const ofSize = (bytes: number, filler = 'x') => {
  const empty = JSON.stringify({ ...valid, message: '' });
  return empty.replace('"message":""', `"message":"${filler.repeat((bytes - empty.length) / new TextEncoder().encode(filler).length)}"`);
};

describe('release config', () => {
  it('has Go zero values for everything that is not given', () => {
    const parsed = parse({ ...valid, verify: { aws: { prowJob: { name: 'periodic-aws' } } } });
    expect(parsed).toMatchObject({ ok: true, config: { as: '', hide: false, maxUnreadyReleases: 0, periodic: {}, publish: {} } });
    expect(parsed.ok && parsed.config.verify['aws']).toStrictEqual({
      disabled: false,
      optional: false,
      async: false,
      upgrade: false,
      upgradeFrom: '',
      prowJob: { name: 'periodic-aws' },
      maxRetries: 0,
      multiJobAnalysis: false,
      qualifiers: {},
    });
    expect(parsed.ok && 'expiresMs' in parsed.config).toBe(false);
  });

  it('takes keys in any case and ignores unknown ones, but keeps names of entries as they are', () => {
    const parsed = parse({ NAME: 'a', To: 'b', unknown: 1, Verify: { AWS: { PROWJOB: { Name: 'p' }, nonsense: [] } } });
    expect(parsed).toMatchObject({ ok: true, config: { name: 'a', to: 'b', verify: { AWS: { prowJob: { name: 'p' } } } } });
    expect(parsed.ok && 'unknown' in parsed.config).toBe(false);
  });

  it('lets the last of keys that differ in case win, except a null', () => {
    expect(parse('{"name":"a","Name":"b","NAME":null,"to":"c"}')).toMatchObject({ ok: true, config: { name: 'b' } });
  });

  it('takes null for anything that is absent', () => {
    const parsed = parse({ ...valid, verify: { aws: null }, publish: null, referenceRelease: null, expires: null, hide: null });
    expect(parsed).toMatchObject({ ok: true, config: { verify: { aws: { maxRetries: 0 } }, publish: {}, hide: false } });
  });

  it('keeps an entry named __proto__ as data', () => {
    const parsed = parse(`{"name":"a","to":"b","verify":{"__proto__":{"optional":true,"prowJob":{"name":"p"}}}}`);
    expect(parsed.ok && Object.keys(parsed.config.verify)).toEqual(['__proto__']);
    expect(parsed.ok && parsed.config.verify['aws']).toBeUndefined();
  });

  it('copies the known parts of qualifiers, and only what is given', () => {
    const given = {
      enabled: false,
      summary: 's',
      failureLabels: [],
      notifications: { jira: { project: 'OCPBUGS', escalations: [{ name: 'e', failures: 2, mentions: ['x'] }] } },
    };
    const parsed = parse({ ...valid, verify: { aws: { qualifiers: { fips: { ...given, approval: null, extra: 1 } } } } });
    expect(parsed.ok && parsed.config.verify['aws']?.qualifiers).toStrictEqual({ fips: given });
  });

  it.each([
    ['"72h"', 259_200_000],
    ['"1h30m"', 5_400_000],
    ['"1.5s"', 1500],
    ['"0"', 0],
  ])('expires %s', (text, ms) => {
    expect(parse(`{"name":"a","to":"b","expires":${text}}`)).toMatchObject({ ok: true, config: { expiresMs: ms } });
  });

  it('may have exactly 16 KiB, counted in bytes', () => {
    expect(parse(ofSize(16_384)).ok).toBe(true);
    expect(parse(ofSize(16_385))).toEqual({ ok: false, error: 'release config must be less than 16k' });
    expect(parse(ofSize(16_384 + 200, 'ä'))).toEqual({ ok: false, error: 'release config must be less than 16k' });
  });

  it.each(['', 'Previous', 'PreviousMinus1', 'PreviousMinor', 'PreviousPatch'])(
    'core P29: a verification may upgrade from %j',
    (upgradeFrom) => {
      expect(parse({ ...valid, verify: { up: { upgradeFrom } } })).toMatchObject({ ok: true });
    },
  );

  const rules: [string, unknown, string][] = [
    ['no name', { to: 'release' }, 'release config must have a valid name'],
    ['null document', 'null', 'release config must have a valid name'],
    ['no target', { name: 'a' }, "release must specify 'to' unless 'as' is 'Stable'"],
    ['no target and a typo in as', { name: 'a', as: 'stable' }, "release must specify 'to' unless 'as' is 'Stable'"],
    ['nameless verification', { ...valid, verify: { '': {} } }, 'verify config has no name'],
    [
      'PreviousMicro',
      { ...valid, verify: { up: { upgradeFrom: 'PreviousMicro' } } },
      'verify config up has an invalid upgradeFrom: PreviousMicro',
    ],
    ['prow job without name', { ...valid, verify: { aws: { prowJob: {} } } }, 'prow job for aws has no name'],
    ['nameless publish', { ...valid, publish: { '': {} } }, 'publish config has no name'],
    ['tagRef without name', { ...valid, publish: { tag: { tagRef: {} } } }, 'tagRef publish for tag has no name'],
    [
      'imageStreamRef without name',
      { ...valid, publish: { mirror: { imageStreamRef: { namespace: 'x' } } } },
      'imageStreamRef publish for mirror has no name',
    ],
    [
      'first of two broken entries by name',
      { ...valid, verify: { b: { upgradeFrom: 'x' }, a: { upgradeFrom: 'y' } } },
      'verify config a has an invalid upgradeFrom: y',
    ],
    ['verify before publish', { ...valid, publish: { '': {} }, verify: { '': {} } }, 'verify config has no name'],
    ['name before everything', { verify: { '': {} } }, 'release config must have a valid name'],
    ['short duration', { ...valid, expires: 5 }, 'invalid duration'],
    ['number as duration', { ...valid, expires: 72 }, 'duration must be a string'],
    ['duration in days', { ...valid, expires: '3d' }, 'time: unknown unit "d" in duration "3d"'],
    ['duration without unit', { ...valid, expires: '72' }, 'time: missing unit in duration "72"'],
    ['empty duration', { ...valid, expires: '' }, 'time: invalid duration ""'],
    [
      'string for int',
      { ...valid, verify: { aws: { maxRetries: '2' } } },
      'json: cannot unmarshal string into field verify.aws.maxRetries of type int',
    ],
    [
      'fraction for int',
      { ...valid, maxUnreadyReleases: 1.5 },
      'json: cannot unmarshal number 1.5 into field maxUnreadyReleases of type int',
    ],
    ['array for map', { ...valid, verify: [] }, 'json: cannot unmarshal array into field verify of type map'],
    [
      'bool for list',
      { ...valid, publish: { m: { imageStreamRef: { tags: true } } } },
      'json: cannot unmarshal bool into field publish.m.imageStreamRef.tags of type list',
    ],
    ['type before rule', { name: 1 }, 'json: cannot unmarshal number 1 into field name of type string'],
    ['no object', '[]', 'json: cannot unmarshal array into a document of type object'],
  ];
  it.each(rules)('is refused: %s', (_name, config, error) => {
    expect(parse(config)).toEqual({ ok: false, error });
  });

  it.each(['', '{', '{"name":}'])('is refused when it is not JSON: %j', (text) => {
    expect(parse(text)).toMatchObject({ ok: false, error: expect.stringMatching(/^release config is not valid JSON: /) });
  });

  it.each([
    { ...valid, minCreationIntervalSeconds: -1, maxUnreadyReleases: -1 },
    { name: 'a', as: 'Stable' },
    { ...valid, verify: { aws: {} } },
  ])('is accepted: %j', (config) => {
    expect(parse(config).ok).toBe(true);
  });
});

const fixtures = new URL('../../../../shared/fixtures/release-configs/', import.meta.url);

describe.skipIf(!existsSync(fixtures))('real release configs', () => {
  it.each(existsSync(fixtures) ? readdirSync(fixtures) : [])('%s can be read once minified', (file) => {
    const text: unknown = JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'));
    const parsed = parse(text);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && Object.keys(parsed.config.verify).length).toBe(Object.keys((text as { verify?: object }).verify ?? {}).length);
  });
});
