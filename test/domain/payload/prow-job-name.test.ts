import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameHash, parseProwJobName, type ProwJobDetails, safeProwJobName } from '../../../domain/payload/prow-job-name.ts';
import { releaseTagName } from '../../../domain/payload/tag-name.ts';

describe('safe ProwJob names', () => {
  const long = '4.9.0-0.ci-2021-08-30-133010-this-is-a-really-long-job-name';
  const aggregated = '4.16.0-0.nightly-2024-02-07-125310-aggregated-hypershift-ovn-conformance-4.16';
  const micro = '4.11.0-0.nightly-2022-02-09-091559-aggregated-azure-ovn-upgrade-4.11-micro';
  const rows: [string, string, string | undefined, string][] = [
    ['core 25: short', '4.9.0-0.ci-2021-08-30-130010-job-name-fake', undefined, '4.9.0-0.ci-2021-08-30-130010-job-name-fake'],
    [
      'core 26: 63 characters',
      `4.9.0-0.ci-2021-08-30-130010-${'x'.repeat(17)}long-job-name-foo`,
      '',
      `4.9.0-0.ci-2021-08-30-130010-${'x'.repeat(17)}long-job-name-foo`,
    ],
    [
      'core 27: truncated',
      '4.9.0-0.ci-2021-08-30-130010-this-is-a-really-long-job-name-fake',
      '',
      '4.9.0-0.ci-2021-08-30-130010-this-is-a-really-long-job-fwm2xib',
    ],
    ['core 28: suffix fits', '4.9.0-0.ci-2021-08-30-130010-job-name', 'analysis-1', '4.9.0-0.ci-2021-08-30-130010-job-name-analysis-1'],
    ['core 29: suffix truncated', long, 'analysis-1', '4.9.0-0.ci-2021-08-30-133010-this-is-a-reall-18k93xt-analysis-1'],
    [
      'core 30: six times really',
      long.replace('really', 'really-really-really-really-really-really'),
      'analysis-1',
      '4.9.0-0.ci-2021-08-30-133010-this-is-a-reall-gmlwrnb-analysis-1',
    ],
    ['core 31: aggregator', aggregated, 'aggregator', '4.16.0-0.nightly-2024-02-07-125310-aggregate-44j0w6k-aggregator'],
    ['core 32: aggregator retry', aggregated, 'aggregator-2', '4.16.0-0.nightly-2024-02-07-125310-aggrega-44j0w6k-aggregator-2'],
    [
      'core 33: cut at a dot',
      '4.19.0-0.nightly-2025-06-19-224840-aws-ovn-upgrade-4.19-micro-fips',
      '1',
      '4.19.0-0.nightly-2025-06-19-224840-aws-ovn-upgrade-4-mzdcpq2-1',
    ],
    ['analysis of a shortened name', micro, '-analysis-3', '4.11.0-0.nightly-2022-02-09-091559-aggregate-b99pz22-analysis-3'],
    ['aggregator of a shortened name', micro, '-aggregator', '4.11.0-0.nightly-2022-02-09-091559-aggregate-b99pz22-aggregator'],
  ];
  it.each(rows)('%s', (_name, base, suffix, expected) => {
    expect(safeProwJobName(base, suffix)).toBe(expected);
  });

  it('share one hash over all retries of a job', () => {
    expect(nameHash(micro)).toBe('b99pz22');
    expect(nameHash(micro.slice(0, 20), micro.slice(20))).toBe('b99pz22');
  });

  it('are never longer than Kubernetes takes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.string({ maxLength: 20 }), (base, suffix) => {
        expect(safeProwJobName(base, suffix).length).toBeLessThanOrEqual(63);
      }),
    );
  });
});

describe('ProwJob names read back', () => {
  const rows: [string, string, ProwJobDetails][] = [
    [
      'payload 89: truncated multi-arch job with retries',
      '4.13.0-0.nightly-multi-2022-11-11-162833-multi-aws-ovn-5w4rkb2-3',
      {
        version: '4.13.0',
        stream: 'nightly',
        prerelease: '0',
        architecture: 'multi',
        timestamp: '2022-11-11-162833',
        job: 'multi-aws-ovn-5w4rkb2',
        count: 3,
      },
    ],
    [
      'payload 90: OKD SCOS candidate',
      '4.20.0-okd-scos.ec.4-upgrade-minor',
      { version: '4.20.0', stream: 'okd-scos', prerelease: 'ec.4', job: 'upgrade-minor' },
    ],
    [
      'payload 91: sampled upgrade between candidates',
      '4.12.0-rc.7-upgrade-from-4.12.0-rc.6-aws-2',
      { version: '4.12.0', stream: 'Candidate', prerelease: 'rc.7', upgradeFrom: '4.12.0-rc.6', job: 'aws', count: 2 },
    ],
    [
      'payload 92: version inside the job',
      '4.10.41-aws-sdn-upgrade-4.10-micro',
      { version: '4.10.41', stream: 'Stable', job: 'aws-sdn-upgrade-4.10-micro' },
    ],
    [
      'payload 93: unknown pre-release',
      '4.10.41-alpha.aws-sdn-upgrade-4.10-micro',
      { version: '4.10.41', stream: 'Stable', job: 'alpha.aws-sdn-upgrade-4.10-micro' },
    ],
    [
      'nightly job with retry',
      '0.0.0-0.nightly-multi-2022-11-11-162833-multi-aws-ovn-upgrade-2',
      {
        version: '0.0.0',
        stream: 'nightly',
        prerelease: '0',
        architecture: 'multi',
        timestamp: '2022-11-11-162833',
        job: 'multi-aws-ovn-upgrade',
        count: 2,
      },
    ],
    ['candidate', '4.12.0-rc.0-aws-serial-1', { version: '4.12.0', stream: 'Candidate', prerelease: 'rc.0', job: 'aws-serial', count: 1 }],
    ['stable', '4.12.5-aws-serial-3', { version: '4.12.5', stream: 'Stable', job: 'aws-serial', count: 3 }],
    [
      'sampled upgrade of a final',
      '4.12.5-upgrade-from-4.11.10-aws',
      { version: '4.12.5', stream: 'Stable', upgradeFrom: '4.11.10', job: 'aws' },
    ],
    ['OKD release', '4.20.0-okd-scos.5-aws', { version: '4.20.0', stream: 'okd-scos', prerelease: '5', job: 'aws' }],
    [
      'OKD nightly',
      '4.20.0-0.okd-scos-2025-06-01-021500-aws',
      { version: '4.20.0', stream: 'okd-scos', prerelease: '0', timestamp: '2025-06-01-021500', job: 'aws' },
    ],
    ['mere version', '4.12.5', { version: '4.12.5', stream: 'Stable', job: '' }],
  ];
  it.each(rows)('%s', (_name, name, details) => {
    expect(parseProwJobName(name)).toEqual({ ok: true, details });
  });

  it.each(['3a1f9a1e-19f1-11ed-a9b3-0a580a800e0f', 'x.10.17-aws-serial', ''])('payload 94: %j is no release', (name) => {
    expect(parseProwJobName(name)).toMatchObject({ ok: false });
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const verify = fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join('-'));
  const retries = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
  const suffixOf = (retry: number | undefined) => (retry === undefined ? '' : String(retry));

  it('give the parts that they were made of, for every kind of release tag', () => {
    const number = fc.integer({ min: 0, max: 30 });
    const version = fc.tuple(number, number, number).map((parts) => parts.join('.'));
    const candidate = fc.tuple(fc.constantFrom('ec', 'fc', 'rc'), number).map(([word_, n]) => `${word_}.${n}`);
    const kinds = fc.oneof(
      version.map((tag) => ({ tag, details: { version: tag, stream: 'Stable' } })),
      fc.tuple(version, candidate).map(([v, c]) => ({ tag: `${v}-${c}`, details: { version: v, stream: 'Candidate', prerelease: c } })),
      fc
        .tuple(version, fc.constantFrom('okd', 'okd-scos'), fc.oneof(candidate, number.map(String)))
        .map(([v, stream, prerelease]) => ({ tag: `${v}-${stream}.${prerelease}`, details: { version: v, stream, prerelease } })),
    );
    fc.assert(
      fc.property(kinds, verify, retries, ({ tag, details }, job, retry) => {
        const parsed = parseProwJobName(safeProwJobName(`${tag}-${job}`, suffixOf(retry)));
        expect(parsed).toEqual({ ok: true, details: { ...details, job, ...(retry !== undefined && { count: retry }) } });
      }),
    );
  });

  it('give the versions of a sampled upgrade', () => {
    const number = fc.integer({ min: 0, max: 30 });
    const final = fc.tuple(fc.integer({ min: 4, max: 5 }), number, number).map((parts) => parts.join('.'));
    const version = fc.tuple(final, fc.option(number)).map(([v, rc]) => (rc === null ? v : `${v}-rc.${rc}`));
    fc.assert(
      fc.property(version, version, word, (tag, upgradeFrom, job) => {
        const parsed = parseProwJobName(safeProwJobName(`${tag}-upgrade-from-${upgradeFrom}`, job));
        expect(parsed).toMatchObject({ ok: true, details: { upgradeFrom, job, version: tag.split('-')[0] } });
      }),
    );
  });

  it('give the parts that they were made of, while they are not shortened', () => {
    const at = fc.integer({ min: 0, max: Date.UTC(2099, 0, 1) });
    const stream = fc.constantFrom('nightly', 'ci', 'konflux', 'okd-scos');
    fc.assert(
      fc.property(verify, stream, at, retries, (job, name, ms, retry) => {
        const tag = releaseTagName(`4.20.0-0.${name}`, ms);
        const parsed = parseProwJobName(safeProwJobName(`${tag}-${job}`, suffixOf(retry)));
        expect(parsed).toMatchObject({ ok: true, details: { version: '4.20.0', stream: name, job } });
        expect(parsed.ok && parsed.details.count).toBe(retry);
      }),
    );
  });
});
