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
  const shared = [tag.name, pushedImage(facts), config.referenceMode, '{}', String(keepManifestList)];
  const common = '--name="$1" --to-image="$2" --reference-mode="$3" --metadata="$4" --keep-manifest-list="$5"';
  const fromMirror = tag.annotations?.[annotation.mirrorImages] !== undefined;
  const mirroring = ocContainer('mirror', { ...oc(facts), script: mirrorScript, args: mirrorArguments(facts) });
  return ocJob({
    ...job(facts),
    initContainers: [...cliImageContainers(facts), mirroring],
    script: `oc adm release new ${common} ${fromMirror ? '--from-image-stream="$6" --namespace="$7"' : '--from-release="$6"'}`,
    args: [...shared, ...(fromMirror ? [mirror.metadata.name, mirror.metadata.namespace ?? ''] : [pushedImage(facts)])],
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
  return [
    {
      name: cliImageContainer,
      image: pushedImage(facts),
      imagePullPolicy: 'Always',
      terminationMessagePolicy: 'File',
      command: ['/bin/bash', '-c', 'set -eu\ncluster-version-operator image cli > /dev/termination-log\n'],
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
