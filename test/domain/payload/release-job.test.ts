import { describe, expect, it } from 'vitest';
import type { Job } from '../../../domain/payload/kinds.ts';
import { mirrorName, planMirror } from '../../../domain/payload/mirror.ts';
import { buildAlternateMirrorJob, buildReleaseJob, type ReleaseJobFacts } from '../../../domain/payload/release-job.ts';
import { configName, configOf, sourceOf, targetOf } from './stream-builder.ts';

const tag = { name: `${configName}-2024-08-30-110931` };
const target = targetOf([tag]);

function factsOf(config: Record<string, unknown> = {}, more: Partial<ReleaseJobFacts> = {}): ReleaseJobFacts {
  const parsed = configOf({ alternateImageRepository: 'quay.example/alt', ...config });
  const planned = planMirror({ source: sourceOf(), target, config: parsed, tag });
  if (!planned.ok) throw new Error(planned.error);
  return {
    tag,
    config: parsed,
    mirror: planned.mirror,
    target,
    jobNamespace: 'ci-release',
    image: 'internal/m:cli',
    keepManifestList: true,
    deadlineSeconds: 0,
    ...more,
  };
}

interface PodTemplate {
  spec: { serviceAccountName: string; restartPolicy: string; containers: { command: string[] }[]; volumes?: unknown[] };
}
const podOf = ({ spec = {} }: Job) => (spec['template'] as PodTemplate).spec;
const commandOf = (job: Job) => podOf(job).containers[0]!.command;

describe('release job', () => {
  it('is named after the release and says whose it is', () => {
    const job = buildReleaseJob(factsOf());
    expect(job).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job', spec: { parallelism: 1, backoffLimit: 3 } });
    expect(job.metadata).toStrictEqual({
      name: tag.name,
      namespace: 'ci-release',
      annotations: {
        'release.openshift.io/source': 'ocp/4.15-art-latest',
        'release.openshift.io/target': 'ocp/release',
        'release.openshift.io/releaseTag': tag.name,
        'release.openshift.io/generation': '7',
      },
    });
    for (const absent of ['completions', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds']) expect(job.spec).not.toHaveProperty(absent);
  });

  it('runs the CLI image once as builder and leaves its log as message', () => {
    expect(podOf(buildReleaseJob(factsOf()))).toMatchObject({
      serviceAccountName: 'builder',
      restartPolicy: 'Never',
      containers: [
        {
          name: 'build',
          image: 'internal/m:cli',
          imagePullPolicy: 'Always',
          terminationMessagePolicy: 'FallbackToLogsOnError',
          env: [
            { name: 'HOME', value: '/tmp' },
            { name: 'XDG_RUNTIME_DIR', value: '/tmp/run' },
          ],
        },
      ],
    });
  });

  it('builds the payload from the mirror, with an empty $0 before the arguments', () => {
    const [shell, option, script, ...args] = commandOf(buildReleaseJob(factsOf({ referenceMode: 'source' })));
    expect([shell, option]).toEqual(['/bin/bash', '-c']);
    expect(script).toContain('oc adm release new');
    expect(args).toEqual([
      '',
      tag.name,
      mirrorName(configOf(), sourceOf(), tag.name),
      'ocp',
      `registry.example/ocp/release:${tag.name}`,
      'source',
      'true',
    ]);
  });

  it('mounts the pull secret only when there is one', () => {
    const withSecret = buildReleaseJob(factsOf({ pullSecretName: 'release-pull' }));
    expect(podOf(withSecret)).toMatchObject({
      volumes: [{ name: 'pull-secret', secret: { secretName: 'release-pull' } }],
      containers: [{ volumeMounts: [{ name: 'pull-secret', mountPath: '/tmp/pull-secret' }] }],
    });
    expect(commandOf(withSecret)[2]).toContain('oc registry login --to "$HOME/.docker/config.json"\n');
    const without = buildReleaseJob(factsOf());
    expect(podOf(without)).not.toHaveProperty('volumes');
    expect(commandOf(without)[2]).toContain('oc registry login\n');
  });

  it('has the deadline it is given', () => {
    expect(buildReleaseJob(factsOf({}, { deadlineSeconds: 600 })).spec).toMatchObject({ activeDeadlineSeconds: 600 });
  });
});

describe('alternate mirror job', () => {
  it('copies the built payload under the same name', () => {
    const job = buildAlternateMirrorJob(
      factsOf({ alternateImageRepositorySecretName: 'alt', pullSecretName: 'other' }, { keepManifestList: false }),
    );
    expect(job.metadata.name).toBe(`${tag.name}-alternate-mirror`);
    expect(podOf(job).volumes).toEqual([{ name: 'pull-secret', secret: { secretName: 'alt' } }]);
    expect(commandOf(job)[2]).toContain('oc image mirror --keep-manifest-list="$1" "$2" "$3"');
    expect(commandOf(job).slice(3)).toEqual(['', 'false', `registry.example/ocp/release:${tag.name}`, `quay.example/alt:${tag.name}`]);
  });
});
