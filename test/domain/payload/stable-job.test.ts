import { describe, expect, it } from 'vitest';
import type { Job, TagReference } from '../../../domain/payload/kinds.ts';
import { planMirror } from '../../../domain/payload/mirror.ts';
import type { ReleaseJobFacts } from '../../../domain/payload/release-job.ts';
import { buildStableJob } from '../../../domain/payload/stable-job.ts';
import { configOf, streamOf } from './stream-builder.ts';

const prefix = 'release.openshift.io/';
const pushed = 'registry.example/ocp/4-stable:4.5.1';

function factsOf(annotations: Record<string, string>, config: Record<string, unknown> = {}): ReleaseJobFacts {
  const keyed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
  const tag: TagReference = { name: '4.5.1', generation: 12, annotations: keyed };
  const target = streamOf('4-stable', [tag], { publicDockerImageRepository: 'registry.example/ocp/4-stable' });
  const parsed = configOf({ name: '4-stable', as: 'Stable', referenceMode: 'source', ...config });
  const planned = planMirror({ source: target, target, config: parsed, tag });
  if (!planned.ok) throw new Error(planned.error);
  return {
    tag,
    config: parsed,
    mirror: planned.mirror,
    target,
    jobNamespace: 'ci-release',
    image: 'internal/ocp/4.5.1:cli',
    keepManifestList: true,
    deadlineSeconds: 0,
  };
}

interface PlayedContainer {
  name: string;
  image: string;
  command: string[];
  terminationMessagePolicy: string;
}
const podOf = ({ spec = {} }: Job) =>
  (spec['template'] as { spec: { initContainers?: PlayedContainer[]; containers: PlayedContainer[]; volumes?: unknown[] } }).spec;
const inits = (job: Job) => podOf(job).initContainers ?? [];
const main = (job: Job) => podOf(job).containers[0]!;
const argumentsOf = ({ command }: PlayedContainer) => command.slice(4);

describe.each([
  ['rewrite', { rewrite: 'true' }],
  ['import', { rewrite: 'false' }],
])('the %s job', (_kind, annotations) => {
  it('is named after the release, says whose it is, and for which push it was made', () => {
    expect(buildStableJob(factsOf(annotations)).metadata).toStrictEqual({
      name: '4.5.1',
      namespace: 'ci-release',
      annotations: {
        [`${prefix}source`]: 'ocp/4-stable',
        [`${prefix}target`]: 'ocp/4-stable',
        [`${prefix}releaseTag`]: '4.5.1',
        [`${prefix}generation`]: '12',
      },
    });
  });

  it('asks the release itself for its oc, in a container of the release', () => {
    const [first] = inits(buildStableJob(factsOf(annotations)));
    expect(first).toMatchObject({ name: 'image-cli', image: pushed, terminationMessagePolicy: 'File' });
    expect(first?.command.at(-1)).toContain('cluster-version-operator image cli > /dev/termination-log');
  });

  it('asks nobody where the image with oc is given', () => {
    const names = inits(buildStableJob(factsOf(annotations, { overrideCLIImage: 'quay.example/cli:1' }))).map(({ name }) => name);
    expect(names).not.toContain('image-cli');
  });

  it('has the pull secret where it signs in', () => {
    const job = buildStableJob(factsOf(annotations, { pullSecretName: 'pull' }));
    expect(podOf(job).volumes).toEqual([{ name: 'pull-secret', secret: { secretName: 'pull' } }]);
    expect(main(job)).toMatchObject({ name: 'build', volumeMounts: [{ name: 'pull-secret' }] });
  });
});

describe('the rewrite job', () => {
  it('fills the mirror, then makes the release anew from what was pushed, under its own name', () => {
    const job = buildStableJob(factsOf({ rewrite: 'true' }));
    expect(inits(job).map(({ name, image }) => [name, image])).toEqual([
      ['image-cli', pushed],
      ['mirror', 'internal/ocp/4.5.1:cli'],
    ]);
    expect(inits(job)[1]?.command[2]).toContain(
      'oc adm release mirror "$1" --to-image-stream="$2" --namespace="$3" --keep-manifest-list="$4"\n',
    );
    expect(argumentsOf(inits(job)[1]!)).toEqual([pushed, '4.5.1', 'ocp', 'true']);
    expect(main(job).command[2]).toContain(
      'oc adm release new --name="$1" --from-release="$2" --to-image="$3" --reference-mode="$4" --metadata="$5" --keep-manifest-list="$6"\n',
    );
    expect(argumentsOf(main(job))).toEqual(['4.5.1', pushed, pushed, 'source', '{}', 'true']);
  });

  it('makes it from the mirrored images where the tag says so', () => {
    const job = buildStableJob(factsOf({ rewrite: 'true', mirrorImages: '' }));
    expect(main(job).command[2]).toContain('--from-image-stream="$2" --namespace="$3" --to-image="$4" --reference-mode="$5"');
    expect(argumentsOf(main(job))).toEqual(['4.5.1', '4.5.1', 'ocp', pushed, 'source', '{}', 'true']);
  });

  it('mirrors first, also with an image of oc that is given', () => {
    expect(inits(buildStableJob(factsOf({ rewrite: 'true' }, { overrideCLIImage: 'q/cli:1' }))).map(({ name }) => name)).toEqual([
      'mirror',
    ]);
  });
});

describe('the import job', () => {
  it('only fills the mirror', () => {
    const job = buildStableJob(factsOf({ rewrite: 'false' }));
    expect(inits(job).map(({ name }) => name)).toEqual(['image-cli']);
    expect(main(job).command[2]).toContain('oc adm release mirror "$1"');
    expect(argumentsOf(main(job))).toEqual([pushed, '4.5.1', 'ocp', 'true']);
  });

  it('has no init container where the image with oc is given', () => {
    expect(podOf(buildStableJob(factsOf({ rewrite: 'false' }, { overrideCLIImage: 'q/cli:1' })))).not.toHaveProperty('initContainers');
  });
});
