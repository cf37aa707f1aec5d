import { annotation } from './annotations.ts';
import { ocContainer, ocJob } from './job-template.ts';
import type { Container, Job } from './kinds.ts';
import type { ReleaseJobFacts } from './release-job.ts';
import { isRewrite } from './rewrite.ts';

/** The init container that tells which image has the `oc` client. */
export const cliImageContainer = 'image-cli';

const mirrorScript = 'oc adm release mirror "$1" --to-image-stream="$2" --namespace="$3" --keep-manifest-list="$4"';

/**
 * The job of a Stable release. Both kinds fill the release's mirror with the images of what was pushed; a release that
 * bears another name is then put together anew under its own (openshift/release-controller,
 * cmd/release-controller/sync_release.go). It is made for what was pushed last, which its generation says.
 */
export function buildStableJob(facts: ReleaseJobFacts): Job {
  return isRewrite(facts.tag) === true ? rewriteJob(facts) : importJob(facts);
}

function rewriteJob(facts: ReleaseJobFacts): Job {
  const { tag, config, mirror, keepManifestList } = facts;
  const image = pushedImage(facts);
  const fromMirror = tag.annotations?.[annotation.mirrorImages] !== undefined;
  const rest = [image, config.referenceMode, '{}', String(keepManifestList)];
  const mirroring = ocContainer('mirror', { ...oc(facts), script: mirrorScript, args: mirrorArguments(facts) });
  return ocJob({
    ...job(facts),
    initContainers: [...cliImageContainers(facts), mirroring],
    script: fromMirror
      ? 'oc adm release new --name="$1" --from-image-stream="$2" --namespace="$3" --to-image="$4" --reference-mode="$5" --metadata="$6" --keep-manifest-list="$7"'
      : 'oc adm release new --name="$1" --from-release="$2" --to-image="$3" --reference-mode="$4" --metadata="$5" --keep-manifest-list="$6"',
    args: fromMirror ? [tag.name, mirror.metadata.name, mirror.metadata.namespace ?? '', ...rest] : [tag.name, image, ...rest],
  });
}

function importJob(facts: ReleaseJobFacts): Job {
  const before = cliImageContainers(facts);
  return ocJob({
    ...job(facts),
    ...(before.length > 0 && { initContainers: before }),
    script: mirrorScript,
    args: mirrorArguments(facts),
  });
}

/** A release knows its own `oc`. With an override nobody needs to ask it. */
function cliImageContainers(facts: ReleaseJobFacts): Container[] {
  if (facts.config.overrideCLIImage !== '') return [];
  const { command: _, ...container } = ocContainer(cliImageContainer, { ...oc(facts), script: '', args: [] });
  return [
    {
      ...container,
      image: pushedImage(facts),
      terminationMessagePolicy: 'File',
      command: ['/bin/sh', '-c', 'cluster-version-operator image cli > /dev/termination-log'],
    },
  ];
}

/** What people pushed; a rewritten release takes its place. */
function pushedImage({ tag, target }: ReleaseJobFacts): string {
  return `${target.status?.publicDockerImageRepository ?? ''}:${tag.name}`;
}

function mirrorArguments(facts: ReleaseJobFacts): string[] {
  const { name, namespace = '' } = facts.mirror.metadata;
  return [pushedImage(facts), name, namespace, String(facts.keepManifestList)];
}

const oc = ({ image, config }: ReleaseJobFacts) => ({ image, secretName: config.pullSecretName });

function job(facts: ReleaseJobFacts) {
  const { tag, mirror, target, jobNamespace: namespace, deadlineSeconds } = facts;
  return { ...oc(facts), name: tag.name, namespace, mirror, target, deadlineSeconds, generation: tag.generation ?? 0 };
}
