import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseReleaseConfig, type ReleaseConfig } from '../../../domain/payload/config.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { buildReleasePayload, type PayloadSpecInput } from '../../../domain/payload/payload-spec.ts';
import { tag } from './payload-builder.ts';

const target: ImageStream = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'release', namespace: 'ocp' },
};

function configOf(json: object): ReleaseConfig {
  const parsed = parseReleaseConfig(JSON.stringify({ name: '4.20.0-0.nightly', to: 'release', ...json }));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.config;
}

function specOf(json: object, more: Partial<PayloadSpecInput> = {}) {
  return buildReleasePayload({ config: configOf(json), tag, target, jobNamespace: 'ci-release', prowNamespace: 'ci', ...more }).spec;
}

function jobsOf(json: object) {
  const { payloadVerificationDataSource: _source, ...jobs } = specOf(json).payloadVerificationConfig ?? {};
  return jobs;
}

const prowJob = (name: string) => ({ prowJob: { name } });
const aggregated = (analysisJobCount: number, aggregator?: string) => ({
  aggregatedProwJob: { analysisJobCount, ...(aggregator && prowJob(aggregator)) },
});
const listed = (ciConfigurationName: string, ciConfigurationJobName: string, more: object = {}) => ({
  ciConfigurationName,
  ciConfigurationJobName,
  ...more,
});
const none = { blockingJobs: [], informingJobs: [], upgradeJobs: [] };
const qualifiers = { fips: { enabled: true } };

describe('verification jobs', () => {
  const rows: [string, object, object][] = [
    ['core 60: a disabled entry is left out', { verify: { a: { disabled: true } } }, {}],
    ['payload 82: a disabled entry with a job is left out', { verify: { a: { disabled: true, ...prowJob('j') } } }, {}],
    ['payload 82: a disabled upgrade is left out', { upgrade: { gcp: { disabled: true, ...prowJob('j') } } }, {}],
    ['core 61: a blocking entry', { verify: { a: prowJob('j') } }, { blockingJobs: [listed('a', 'j')] }],
    ['core 61: an informing entry', { verify: { a: { optional: true, ...prowJob('j') } } }, { informingJobs: [listed('a', 'j')] }],
    [
      'core 62: retries of a blocking entry',
      { verify: { a: { maxRetries: 3, ...prowJob('j') } } },
      { blockingJobs: [listed('a', 'j', { maxRetries: 3 })] },
    ],
    [
      'payload 85: retries of an informing entry',
      { verify: { a: { optional: true, maxRetries: 2, ...prowJob('j') } } },
      { informingJobs: [listed('a', 'j', { maxRetries: 2 })] },
    ],
    [
      'core 64: upgrades are sorted',
      { upgrade: { gcp: prowJob('g'), azure: prowJob('z'), aws: prowJob('a') } },
      { upgradeJobs: [listed('aws', 'a'), listed('azure', 'z'), listed('gcp', 'g')] },
    ],
    [
      'core 64: without the disabled one',
      { upgrade: { gcp: { disabled: true, ...prowJob('g') }, azure: prowJob('z'), aws: prowJob('a') } },
      { upgradeJobs: [listed('aws', 'a'), listed('azure', 'z')] },
    ],
    [
      'core 65: payload 83: an aggregated entry',
      { verify: { x: { ...prowJob('j'), ...aggregated(10), maxRetries: 2 } } },
      {
        blockingJobs: [listed('x', 'x-release-openshift-release-analysis-aggregator', { maxRetries: 2 })],
        informingJobs: [listed('x', 'j', { analysisJobCount: 10 })],
      },
    ],
    [
      'core 66: payload 84: an aggregator of its own',
      { verify: { x: { ...prowJob('j'), ...aggregated(10, 'a') } } },
      {
        blockingJobs: [listed('x', 'x-a')],
        informingJobs: [listed('x', 'j', { analysisJobCount: 10 })],
      },
    ],
    [
      'an aggregated entry blocks though optional',
      { verify: { x: { optional: true, ...prowJob('j'), ...aggregated(3, 'a') } } },
      {
        blockingJobs: [listed('x', 'x-a')],
        informingJobs: [listed('x', 'j', { analysisJobCount: 3 })],
      },
    ],
    [
      'core 67: qualifiers of a plain entry',
      { verify: { a: { ...prowJob('j'), qualifiers } } },
      { blockingJobs: [listed('a', 'j', { qualifiers })] },
    ],
    [
      'core 67: qualifiers of an aggregated entry',
      { verify: { x: { ...prowJob('j'), ...aggregated(2, 'a'), qualifiers } } },
      {
        blockingJobs: [listed('x', 'x-a', { qualifiers })],
        informingJobs: [listed('x', 'j', { analysisJobCount: 2, qualifiers })],
      },
    ],
    [
      'a qualifier that the resource would refuse is left out, the job is not',
      {
        verify: {
          a: {
            ...prowJob('j'),
            qualifiers: { ...qualifiers, sno: { notifications: { jira: { escalations: [{ name: 'e', overPeriod: '30m' }] } } } },
          },
        },
      },
      { blockingJobs: [listed('a', 'j', { qualifiers })] },
    ],
    ['an entry without a job is left out', { verify: { manual: {} }, upgrade: { aws: {} } }, {}],
    [
      'an aggregated entry with nothing to aggregate is an ordinary one',
      { verify: { x: { ...prowJob('j'), ...aggregated(0) } } },
      { blockingJobs: [listed('x', 'j')] },
    ],
  ];
  it.each(rows)('%s', (_name, config, jobs) => {
    expect(jobsOf(config)).toEqual({ ...none, ...jobs });
  });

  it('core 68: a stream of many kinds, each list by name', () => {
    const verify = {
      zeta: prowJob('z'),
      beta: { optional: true, ...prowJob('b') },
      alpha: { optional: true, ...prowJob('a') },
      'agg-2': { ...prowJob('g2'), ...aggregated(10) },
      'agg-1': { ...prowJob('g1'), ...aggregated(10) },
      eta: prowJob('e'),
      gone: { disabled: true, ...prowJob('d') },
      delta: { optional: true, ...prowJob('d') },
      gamma: { optional: true, ...prowJob('g') },
    };
    const upgrade = { gcp: prowJob('g'), azure: prowJob('z'), aws: prowJob('a') };
    const { blockingJobs, informingJobs, upgradeJobs } = jobsOf({ verify, upgrade });
    const names = (jobs: { ciConfigurationName: string }[] | null | undefined) => jobs?.map((job) => job.ciConfigurationName);
    expect(names(blockingJobs)).toEqual(['agg-1', 'agg-2', 'eta', 'zeta']);
    expect(names(informingJobs)).toEqual(['agg-1', 'agg-2', 'alpha', 'beta', 'delta', 'gamma']);
    expect(names(upgradeJobs)).toEqual(['aws', 'azure', 'gcp']);
  });
});

describe('coordinates', () => {
  it('name the release, its job and where ProwJobs run', () => {
    const payload = buildReleasePayload({ config: configOf({}), tag, target, jobNamespace: 'ci-release', prowNamespace: 'ci' });
    expect(payload).toEqual({
      apiVersion: 'release.openshift.io/v1alpha1',
      kind: 'ReleasePayload',
      metadata: { name: tag, namespace: 'ocp' },
      spec: {
        payloadCoordinates: { namespace: 'ocp', streamName: '4.20.0-0.nightly', imagestreamName: 'release', imagestreamTagName: tag },
        payloadCreationConfig: {
          releaseCreationCoordinates: { namespace: 'ci-release', releaseCreationJobName: tag },
          prowCoordinates: { namespace: 'ci' },
        },
        payloadVerificationConfig: { ...none, payloadVerificationDataSource: 'BuildFarmLookup' },
        payloadType: 'Local',
      },
    });
  });

  it.each([{}, { alternateImageRepositorySecretName: 'push' }])('wait for the alternate mirror, with a secret or without: %o', (secret) => {
    const spec = specOf({ alternateImageRepository: 'quay.io/mirror/release', ...secret });
    expect(spec.payloadCreationConfig?.releaseMirrorCoordinates).toEqual({
      namespace: 'ci-release',
      releaseMirrorJobName: `${tag}-alternate-mirror`,
    });
  });

  it('core 63: the runs of an old release are read from its tag', () => {
    const spec = specOf({}, { dataSource: 'ImageStreamTagAnnotation' });
    expect(spec.payloadVerificationConfig?.payloadVerificationDataSource).toBe('ImageStreamTagAnnotation');
  });
});

describe('public location', () => {
  const published: ImageStream = { ...target, status: { publicDockerImageRepository: 'registry.ci/ocp/release' } };
  const reference: TagReference = { name: tag, reference: true };
  const referenceRelease = { pushRepository: 'quay.io/push', pullRepository: 'quay.io/pull', secretName: 'push' };

  it('payload 86: payload 87: core 69: a reference release is pulled from elsewhere', () => {
    const spec = specOf({ referenceRelease }, { tag: reference, target: published });
    expect(spec.payloadType).toBe('Reference');
    expect(spec.releaseCoordinates).toEqual([{ repository: 'quay.io/pull', tag: `rc_payload__${tag}` }]);
  });
  it('payload 88: core 69: a local release from the stream', () => {
    const spec = specOf({}, { target: published });
    expect(spec.payloadType).toBe('Local');
    expect(spec.releaseCoordinates).toEqual([{ repository: 'registry.ci/ocp/release', tag }]);
  });
  it('a flagged tag without the configuration is local', () => {
    expect(specOf({}, { tag: reference, target: published }).payloadType).toBe('Local');
  });
});

const fixture = new URL('../../../../shared/fixtures/release-configs/release-ocp-4.20.json', import.meta.url);

it.skipIf(!existsSync(fixture))(
  'a real nightly stream: of 92 entries 20 are not optional, and an aggregated one blocks though optional',
  () => {
    const { blockingJobs, informingJobs } = jobsOf(JSON.parse(readFileSync(fixture, 'utf8')) as object);
    expect([blockingJobs?.length, informingJobs?.length]).toEqual([21, 72]);
    expect(informingJobs?.filter(({ analysisJobCount }) => analysisJobCount === 10)).toHaveLength(1);
  },
);
