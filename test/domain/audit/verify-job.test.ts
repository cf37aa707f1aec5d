import { describe, expect, test } from 'vitest';
import { planVerifyJobs } from '../../../domain/audit/verify-jobs.ts';
import {
  buildVerifyJob,
  pullSpecByDigest,
  verifyAttempt,
  verifyJobName,
  verifyJobState,
  type VerifyJobFacts,
} from '../../../domain/audit/verify-job.ts';
import { verifierOf, type AuditPolicy } from '../../../domain/audit/verification-policy.ts';
import type { Job, JobStatus } from '../../../domain/payload/kinds.ts';

const hex = '0123456789abcdef'.repeat(4);
const digest = `sha256:${hex}`;
const facts: VerifyJobFacts = {
  name: verifyJobName(digest, 1),
  namespace: 'ci-release',
  digest,
  pullSpec: `quay.example/ocp/release@${digest}`,
  image: 'quay.example/cli@sha256:1',
  target: 'ocp/release',
  tag: '4.20.1',
  pullSecretName: '',
};

describe('name of a verify job', () => {
  test('the first has the name that the old auditor gives it, with 56 digits', () => {
    expect(verifyJobName(digest, 1)).toBe(`verify-${hex.slice(0, 56)}`);
  });

  test.each([2, 9, 10, 123])('audit trap 3: attempt %i has a name of its own, of no more than 63 characters', (attempt) => {
    const name = verifyJobName(digest, attempt);
    expect(name).toBe(`verify-${hex.slice(0, 56 - `-${attempt}`.length)}-${attempt}`);
    expect(name.length).toBe(63);
    expect(verifyAttempt(digest, name)).toBe(attempt);
  });

  test.each([
    'verify-',
    `verify-${hex.slice(0, 55)}x`,
    `${verifyJobName(digest, 2)}0`,
    verifyJobName(`sha256:${'f'.repeat(64)}`, 1),
    'release',
  ])('%s is none of this digest', (name) => {
    expect(verifyAttempt(digest, name)).toBeUndefined();
  });
});

describe('a verify job', () => {
  test('has the form that the old auditor gives it', () => {
    const { metadata, spec } = buildVerifyJob(facts);
    expect(metadata).toEqual({
      name: `verify-${hex.slice(0, 56)}`,
      namespace: 'ci-release',
      labels: { 'release.openshift.io/purpose': 'audit' },
      annotations: {
        'release.openshift.io/purpose': 'audit',
        'release.openshift.io/target': 'ocp/release',
        'release.openshift.io/releaseTag': '4.20.1',
        'waybill.dev/digest': digest,
      },
    });
    expect(spec).toEqual({
      parallelism: 1,
      backoffLimit: 3,
      template: {
        spec: {
          serviceAccountName: 'builder',
          restartPolicy: 'Never',
          containers: [
            {
              name: 'verify',
              image: 'quay.example/cli@sha256:1',
              imagePullPolicy: 'Always',
              terminationMessagePolicy: 'FallbackToLogsOnError',
              env: [
                { name: 'HOME', value: '/tmp' },
                { name: 'XDG_RUNTIME_DIR', value: '/tmp/run' },
              ],
              command: [
                '/bin/bash',
                '-c',
                'set -eu\nmkdir -p "$XDG_RUNTIME_DIR"\noc registry login\noc adm release info --verify "$1"\n',
                '',
                `quay.example/ocp/release@${digest}`,
              ],
            },
          ],
        },
      },
    });
  });

  test('gets the pull secret of its stream', () => {
    const { spec } = buildVerifyJob({ ...facts, pullSecretName: 'pull' });
    expect(spec).toMatchObject({ template: { spec: { volumes: [{ name: 'pull-secret', secret: { secretName: 'pull' } }] } } });
  });

  test.each([
    ['quay.example:5000/ocp/release:4.20.1', `quay.example:5000/ocp/release@${digest}`],
    ['quay.example/ocp/release:rc_payload__4.20.1', `quay.example/ocp/release@${digest}`],
    ['quay.example:5000/ocp/release', `quay.example:5000/ocp/release@${digest}`],
  ])('audit trap 6, core P25: what is verified at %s is addressed by its digest', (location, pullSpec) => {
    expect(pullSpecByDigest(location, digest)).toBe(pullSpec);
  });

  test.each<[string, JobStatus | undefined, string]>([
    ['just made', undefined, 'active'],
    ['between two tries', { failed: 1 }, 'active'],
    ['done', { completionTime: '2026-01-01T00:00:00Z', succeeded: 1 }, 'succeeded'],
    ['given up', { failed: 4, conditions: [{ type: 'Failed', status: 'True' }] }, 'failed'],
  ])('that is %s', (_what, status, state) => {
    expect(verifyJobState({ ...buildVerifyJob(facts), ...(status === undefined ? {} : { status }) })).toBe(state);
  });
});

describe('verify jobs of a cluster', () => {
  const now = Date.parse('2026-01-02T12:00:00Z');
  const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  const job = (name: string, status: JobStatus): Job => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, uid: `uid-${name}` },
    status,
  });
  const active = (name: string) => job(name, { active: 1 });
  const done = (name: string, minutes: number) => job(name, { succeeded: 1, completionTime: minutesAgo(minutes) });
  const failed = (name: string, minutes: number) =>
    job(name, { failed: 4, conditions: [{ type: 'Failed', status: 'True', lastTransitionTime: minutesAgo(minutes) }] });

  test.each<[string, Job[], string[], string[]]>([
    ['none is there', [], ['a', 'b', 'c'], ['a', 'b']],
    ['one is active', [active('x')], ['a', 'b'], ['a']],
    ['two are active, whoever made them', [active('x'), active('y')], ['a'], []],
    ['audit trap 2: failed ones do not count', [failed('x', 1), failed('y', 600), failed('z', 1)], ['a', 'b', 'c'], ['a', 'b']],
    ['what is there is not made again', [active('a')], ['a', 'b'], ['b']],
  ])('%s', (_case, jobs, wanted, start) => {
    expect(planVerifyJobs(jobs, wanted, now).start).toEqual(start);
  });

  test('audit trap 2: those that succeeded go after fifteen minutes, those that failed after a day', () => {
    const jobs = [done('new', 14), done('old', 15), failed('seen', 23 * 60), failed('past', 24 * 60), active('x')];
    expect(planVerifyJobs(jobs, [], now)).toMatchObject({
      remove: [
        { name: 'old', uid: 'uid-old' },
        { name: 'past', uid: 'uid-past' },
      ],
      kept: 3,
      nextRemovalMs: 60_000,
    });
  });
});

describe('with what a release is verified', () => {
  const policy: AuditPolicy = { verification: 'auto', delay: 0, phases: ['Accepted'], streams: 'all' };
  const why = 'no audit CLI image is configured, and stream 4.20 has no overrideCLIImage';
  test.each<[string, Partial<AuditPolicy>, string, ReturnType<typeof verifierOf>]>([
    ['the audit image before the stream’s', { cliImage: 'audit-cli' }, 'stream-cli', { kind: 'job', image: 'audit-cli' }],
    ['the stream’s image', {}, 'stream-cli', { kind: 'job', image: 'stream-cli' }],
    ['in the worker', { cliImage: 'local' }, 'stream-cli', { kind: 'local' }],
    ['nothing', {}, '', { kind: 'none', why }],
    ['nothing, where something is required', { verification: 'required' }, '', { kind: 'missing', why }],
    ['an image, where something is required', { verification: 'required' }, 'stream-cli', { kind: 'job', image: 'stream-cli' }],
    ['nothing, by the settings', { verification: 'off' }, 'stream-cli', { kind: 'none', why: 'the settings switch verification off' }],
  ])('%s', (_case, settings, override, verifier) => {
    expect(verifierOf({ ...policy, ...settings }, '4.20', override)).toEqual(verifier);
  });
});
