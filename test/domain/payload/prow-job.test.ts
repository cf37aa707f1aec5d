import { describe, expect, it } from 'vitest';
import { buildProwJob, type ProwJobFacts, validateDefinition } from '../../../domain/payload/prow-job.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';

const tag = '4.15.0-0.nightly-2024-08-30-110931';
const definition = {
  name: 'periodic-aws',
  cluster: 'build01',
  labels: { 'job-release': '4.15' },
  annotations: { a: 'b' },
  interval: '24h',
  decorate: true,
  decoration_config: { timeout: '4h' },
  extra_refs: [{ org: 'openshift', repo: 'release', base_ref: 'main' }],
  max_concurrency: 2,
  hidden: null,
  spec: {
    containers: [
      { name: 'test', image: 'ci-operator', env: [{ name: 'PAYLOAD_TAG' }, { name: 'VERIFICATION_JOB_NAME' }, { name: 'JOB_START_TIME' }] },
    ],
  },
};
const single: VerificationRun = {
  name: `${tag}-aws`,
  verify: 'aws',
  kind: 'single',
  definition: 'periodic-aws',
  specJob: 'periodic-aws',
  attempt: 0,
};

function build(more: Partial<ProwJobFacts> = {}) {
  const entry = { upgrade: false, multiJobAnalysis: false, prowJobName: 'periodic-aws' };
  return buildProwJob({
    run: single,
    tag,
    namespace: 'ci',
    source: 'ocp/4.15-art-latest',
    definition,
    entry,
    pullSpec: 'registry/ocp/release:t',
    architecture: 'amd64',
    schedulerEnabled: false,
    now: '2024-08-30T12:00:00Z',
    ...more,
  });
}

function jobOf(more: Partial<ProwJobFacts> = {}) {
  const built = build(more);
  if (built.kind !== 'job') throw new Error(JSON.stringify(built));
  return built.job;
}

const analysisValues = (more: Partial<ProwJobFacts>) =>
  jobOf(more)
    .spec.pod_spec?.containers?.[0]?.env?.slice(0, 3)
    .map(({ value }) => value);

describe('job definition', () => {
  const rows: [string, Parameters<typeof validateDefinition>, string | undefined][] = [
    [
      'core 23: no cluster',
      [{ name: 'j' }, 'j', true],
      'the prowjob j is not valid: the jobs cluster must be set to a value that is not default, was ""',
    ],
    [
      'core 24: default cluster',
      [{ name: 'j', cluster: 'default' }, 'j', true],
      'the prowjob j is not valid: the jobs cluster must be set to a value that is not default, was "default"',
    ],
    ['core 24: own cluster', [{ name: 'j', cluster: 'api.ci' }, 'j', true], undefined],
    ['unknown', [undefined, 'j', true], 'the prow job j is not valid: no job with that name'],
    ['nothing defined', [undefined, 'j', false], 'the prow job j is not valid: no prow jobs have been defined'],
  ];
  it.each(rows)('%s', (_name, args, problem) => {
    expect(validateDefinition(...args)).toBe(problem);
  });
});

describe('ProwJob of a run', () => {
  it('runs on a cluster of the last group with the cluster of its definition', () => {
    const clusterGroups = [['build01', 'build02'], ['build01', 'build07'], ['build09']];
    const clusters = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (end) => jobOf({ clusterGroups, run: { ...single, name: `${tag}-${end}` } }).spec.cluster,
    );
    expect(new Set(clusters)).toEqual(new Set(['build01', 'build07']));
    expect(jobOf({ clusterGroups: [['build02']] }).spec.cluster).toBe('build01');
  });

  it('looks as Prow makes it, from the base of the definition', () => {
    const { metadata, spec, ...rest } = jobOf();
    expect(rest).toEqual({
      apiVersion: 'prow.k8s.io/v1',
      kind: 'ProwJob',
      status: { startTime: '2024-08-30T12:00:00Z', state: 'triggered' },
    });
    expect(metadata).toStrictEqual({
      name: `${tag}-aws`,
      namespace: 'ci',
      labels: {
        'created-by-prow': 'true',
        'prow.k8s.io/type': 'periodic',
        'prow.k8s.io/job': 'periodic-aws',
        'prow.k8s.io/context': '',
        'prow.k8s.io/refs.org': 'openshift',
        'prow.k8s.io/refs.repo': 'release',
        'prow.k8s.io/refs.base_ref': 'main',
        'capability/rce': 'rce',
        'release.openshift.io/verify': 'true',
        'release.openshift.io/payload': tag,
      },
      annotations: {
        'prow.k8s.io/job': 'periodic-aws',
        'prow.k8s.io/context': '',
        'release.openshift.io/source': 'ocp/4.15-art-latest',
        'release.openshift.io/tag': tag,
        'release.openshift.io/architecture': 'amd64',
      },
    });
    const { pod_spec: pod, ...base } = spec;
    expect(pod?.containers?.[0]).toMatchObject({ name: 'test', image: 'ci-operator' });
    expect(base).toStrictEqual({
      type: 'periodic',
      agent: 'kubernetes',
      cluster: 'build01',
      namespace: 'ci',
      job: 'periodic-aws',
      report: true,
      prowjob_defaults: { tenant_id: 'GlobalDefaultID' },
      max_concurrency: 2,
      extra_refs: definition.extra_refs,
      decoration_config: definition.decoration_config,
    });
  });

  it('names the release that an upgrade starts from', () => {
    const entry = { upgrade: true, multiJobAnalysis: false, prowJobName: 'periodic-aws' };
    const from = { tag: 'older', pullSpec: 'registry/ocp/release:older' };
    expect(jobOf({ entry, from }).metadata.annotations).toMatchObject({ 'release.openshift.io/from-tag': 'older' });
    expect(jobOf({ from }).metadata.annotations).not.toHaveProperty('release.openshift.io/from-tag');
    expect(build({ entry })).toMatchObject({ kind: 'cannot-run' });
  });

  it('of an analysis is not selected by the verify label', () => {
    const run: VerificationRun = { ...single, name: `${tag}-aws-analysis-0`, kind: 'analysis', index: 0 };
    const { labels } = jobOf({ run }).metadata;
    expect(labels).toMatchObject({ 'capability/rce': 'rce', 'release.openshift.io/analysis': tag, 'release.openshift.io/payload': tag });
    expect(labels).not.toHaveProperty('release.openshift.io/verify');
    expect(analysisValues({ run })).toEqual([undefined, undefined, undefined]);
  });

  it('of an aggregator has its own job name and knows the job that it judges', () => {
    const run: VerificationRun = {
      ...single,
      name: `${tag}-aws-aggregator`,
      kind: 'aggregator',
      specJob: 'aws-release-openshift-release-analysis-aggregator',
    };
    const job = jobOf({ run });
    expect(job.spec.job).toBe('aws-release-openshift-release-analysis-aggregator');
    expect(job.metadata.annotations).toMatchObject({ 'prow.k8s.io/job': job.spec.job });
    expect(job.metadata.labels).toMatchObject({
      'release.openshift.io/aggregator': tag,
      'release.openshift.io/verify': 'true',
      'release.openshift.io/payload': tag,
    });
    expect(analysisValues({ run })).toEqual([tag, 'periodic-aws', '2024-08-30T12:00:00Z']);
  });

  it('of a multi-job analysis knows its release, job and start', () => {
    const entry = { upgrade: false, multiJobAnalysis: true, prowJobName: 'periodic-aws' };
    expect(analysisValues({ entry })).toEqual([tag, 'periodic-aws', '2024-08-30T12:00:00Z']);
  });

  it('waits for the scheduler where Prow has one', () => {
    expect(jobOf({ schedulerEnabled: true }).status?.state).toBe('scheduling');
  });

  it('that does not run in a pod is told nothing', () => {
    const { spec: _, ...jenkins } = { ...definition, agent: 'jenkins', namespace: 'other' };
    expect(jobOf({ definition: jenkins }).spec).toMatchObject({ agent: 'jenkins', namespace: 'other' });
    expect(jobOf({ definition: jenkins }).spec).not.toHaveProperty('pod_spec');
  });

  it('leaves the definition as it was', () => {
    const before = structuredClone(definition);
    jobOf();
    expect(definition).toEqual(before);
  });
});
