import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../domain/payload/kinds.ts';
import { planMirror } from '../../../domain/payload/mirror.ts';
import {
  buildReferenceReleaseJob,
  buildRemovalJob,
  referenceProblem,
  removalCliImage,
  removalState,
} from '../../../domain/payload/reference-job.ts';
import { cliImage } from '../../../domain/payload/cli-image.ts';
import { configOf, referenceSource, sourceOf, targetOf } from './stream-builder.ts';

const tag = { name: '4.22.0-0.ci-2026-01-30-070825', reference: true };
const push = 'quay.example/dev/push';
const target = targetOf([tag]);
const source = referenceSource();
const config = (more: object = {}, reference: object = {}) =>
  configOf({
    name: '4.22.0-0.ci',
    referenceMode: 'source',
    referenceRelease: { pushRepository: push, pullRepository: 'quay.example/dev/pull', ...reference },
    ...more,
  });

function mirrorOf(parsed = config()) {
  const planned = planMirror({ source, target, config: parsed, tag });
  if (!planned.ok) throw new Error(planned.error);
  return planned.mirror;
}

const buildJob = (parsed = config(), keepManifestList = false) =>
  buildReferenceReleaseJob({
    tag,
    config: parsed,
    mirror: mirrorOf(parsed),
    target,
    jobNamespace: 'ci-release',
    image: 'override/cli:1',
    keepManifestList,
    deadlineSeconds: 0,
  });
const removalJob = (parsed = config()) =>
  buildRemovalJob({ tag, config: parsed, source, target, jobNamespace: 'ci-release', image: 'override/cli:1', deadlineSeconds: 600 });

interface PodTemplate {
  spec: { containers: { image: string; command: string[] }[]; volumes?: unknown[] };
}
const podOf = ({ spec = {} }: Job) => (spec['template'] as PodTemplate).spec;
const argsOf = (job: Job) => podOf(job).containers[0]!.command.slice(4);
const scriptOf = (job: Job) => podOf(job).containers[0]!.command[2]!;
const secretOf = (job: Job) => podOf(job).volumes;
const secret = (secretName: string) => [{ name: 'pull-secret', secret: { secretName } }];

describe('the job of a reference release', () => {
  it('core 54: builds the release from a dump of its mirror and pushes it under a name of its own', () => {
    const job = buildJob();
    expect([job.metadata.name, podOf(job).containers[0]?.image]).toEqual([tag.name, 'override/cli:1']);
    expect(scriptOf(job)).toContain('oc get imagestream "$1" --namespace="$2" --output=yaml');
    expect(scriptOf(job)).toContain('--from-image-stream-file=/tmp/mirror.yaml');
    expect(scriptOf(job)).toContain('ERROR: mirror.yaml is empty after status stripping');
    expect(argsOf(job)).toEqual([
      '4.15-art-latest-2026-01-30-070825',
      'ocp',
      tag.name,
      `${push}:rc_payload__${tag.name}`,
      'source',
      'false',
    ]);
    expect(job.metadata.annotations).toMatchObject({
      'release.openshift.io/source': 'ocp/4.15-art-latest',
      'release.openshift.io/releaseTag': tag.name,
    });
  });

  it.each([
    ['its own', { secretName: 'push' }, 'push'],
    ['else that of the release', {}, 'pull'],
  ])('core 55: uses a secret: %s', (_name, reference, expected) => {
    expect(secretOf(buildJob(config({ pullSecretName: 'pull' }, reference)))).toEqual(secret(expected));
  });

  it('core 56: the CLI image is that of the mirror, and without one the error says where it is missed', () => {
    const mirror = mirrorOf();
    expect(cliImage({ config: config(), mirror, tag })).toEqual({ ok: true, image: 'quay.example/art/cli:latest' });
    const without = { ...mirror, spec: { tags: [] } };
    expect(cliImage({ config: config(), mirror: without, tag })).toMatchObject({ ok: false, error: expect.stringContaining('CLI image') });
  });

  it.each([
    ['without a configuration', configOf(), `release "${tag.name}" has no ReferenceRelease configuration`],
    ['without a repository', config({}, { pushRepository: '' }), `release "${tag.name}" ReferenceRelease.PushRepository is empty`],
    ['with everything', config(), undefined],
  ])('core 57: %s', (_name, parsed, problem) => expect(referenceProblem(tag.name, parsed)).toBe(problem));

  it.each([false, true])('core 58: keeps manifest lists: %s', (keep) => expect(argsOf(buildJob(config(), keep)).at(-1)).toBe(String(keep)));

  it('is a script that bash takes', () => {
    for (const job of [buildJob(), removalJob()]) execFileSync('bash', ['-n', '-c', scriptOf(job)]);
  });
});

describe('core 59: the job that asks for the removal of an image', () => {
  it('copies it to the name that says so, lists kept', () => {
    const job = removalJob();
    expect(job.metadata.name).toBe(`remove-${tag.name}`);
    expect(scriptOf(job)).toContain('oc image mirror --keep-manifest-list=true "$1" "$2"');
    expect(argsOf(job)).toEqual([`${push}:rc_payload__${tag.name}`, `${push}:remove__rc_payload__${tag.name}`]);
  });

  it('P33: says whose it is', () => {
    expect(removalJob().metadata.annotations).toEqual({
      'release.openshift.io/source': 'ocp/4.15-art-latest',
      'release.openshift.io/target': 'ocp/release',
      'release.openshift.io/releaseTag': tag.name,
      'release.openshift.io/generation': '7',
    });
  });

  it.each([
    [{ secretName: 'push' }, 'push'],
    [{}, 'pull'],
  ])('uses the secret of the release job: %j', (reference, expected) => {
    expect(secretOf(removalJob(config({ pullSecretName: 'pull' }, reference)))).toEqual(secret(expected));
  });

  it('takes the CLI image of the mirror, and where that is gone of the inputs of today', () => {
    const image = (mirror: ReturnType<typeof mirrorOf> | undefined, from = source) =>
      removalCliImage({ config: config(), mirror, source: from, tag });
    const older = { ...mirrorOf(), spec: { tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'older/cli' } }] } };
    expect(image(older)).toEqual({ ok: true, image: 'older/cli' });
    expect(image(undefined)).toEqual({ ok: true, image: 'quay.example/art/cli:latest' });
    expect(image(undefined, sourceOf())).toMatchObject({ ok: false });
  });

  const now = Date.UTC(2026, 0, 30, 12);
  const failed = (lastTransitionTime: string) => ({
    conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often', lastTransitionTime }],
  });
  it.each([
    ['without a status', undefined, { kind: 'running' }],
    ['that is complete', { completionTime: '2026-01-30T11:00:00Z' }, { kind: 'complete' }],
    ['that failed lately', failed('2026-01-30T11:30:00Z'), { kind: 'failed', why: 'BackoffLimitExceeded: too often', again: false }],
    ['that failed long ago', failed('2026-01-30T10:30:00Z'), { kind: 'failed', why: 'BackoffLimitExceeded: too often', again: true }],
  ])('one %s', (_name, status, expected) => {
    expect(removalState({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' }, ...(status && { status }) }, now)).toEqual(
      expected,
    );
  });
});
