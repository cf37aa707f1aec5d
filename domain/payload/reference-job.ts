import { annotation } from './annotations.ts';
import { cliImage, type CliImage } from './cli-image.ts';
import type { ReleaseConfig } from './config.ts';
import { ocJob } from './job-template.ts';
import type { ImageStream, Job, TagReference } from './kinds.ts';
import { referencePayloadTag, referenceRemovalTag, removalJobName } from './reference-release.ts';
import type { ReleaseJobFacts } from './release-job.ts';
import { streamKey } from './stream-tags.ts';

/*
 * The jobs of reference releases, whose images lie in a repository outside of the cluster
 * (openshift/release-controller, cmd/release-controller/sync_release.go).
 */

/** What is missing for any job of a reference release; undefined when nothing is. */
export function referenceProblem(tag: string, { referenceRelease }: ReleaseConfig): string | undefined {
  if (referenceRelease === undefined) return `release "${tag}" has no ReferenceRelease configuration`;
  return referenceRelease.pushRepository === '' ? `release "${tag}" ReferenceRelease.PushRepository is empty` : undefined;
}

/**
 * Assembles the release from a dump of its mirror. Without the status, which tells where the cluster has the images,
 * they are taken from where their tags point.
 */
const script = `oc get imagestream "$1" --namespace="$2" --output=yaml > /tmp/mirror-with-status.yaml
sed '/^status:/,$d' /tmp/mirror-with-status.yaml > /tmp/mirror.yaml
test -s /tmp/mirror.yaml || { echo "ERROR: mirror.yaml is empty after status stripping"; exit 1; }
oc adm release new --name="$3" --from-image-stream-file=/tmp/mirror.yaml --to-image="$4" --reference-mode="$5" --keep-manifest-list="$6"`;

/** @param facts of a release without a {@link referenceProblem} */
export function buildReferenceReleaseJob(facts: ReleaseJobFacts): Job {
  const { tag, config, mirror, target, jobNamespace: namespace, image, keepManifestList, deadlineSeconds } = facts;
  const { name, namespace: mirrorNamespace = '' } = mirror.metadata;
  const toImage = `${config.referenceRelease?.pushRepository ?? ''}:${referencePayloadTag(tag.name)}`;
  const args = [name, mirrorNamespace, tag.name, toImage, config.referenceMode, String(keepManifestList)];
  return ocJob({ name: tag.name, namespace, image, secretName: pushSecret(config), script, args, deadlineSeconds, mirror, target });
}

export interface RemovalJobFacts {
  tag: TagReference;
  config: ReleaseConfig;
  source: ImageStream;
  target: ImageStream;
  jobNamespace: string;
  image: string;
  /** 0 for none */
  deadlineSeconds: number;
}

/** Asks the owner of the external repository to remove a release's image, by giving it a name that says so. */
export function buildRemovalJob({ tag, config, source, target, jobNamespace: namespace, image, deadlineSeconds }: RemovalJobFacts): Job {
  const repository = config.referenceRelease?.pushRepository ?? '';
  const args = [`${repository}:${referencePayloadTag(tag.name)}`, `${repository}:${referenceRemovalTag(tag.name)}`];
  const copy = 'oc image mirror --keep-manifest-list=true "$1" "$2"';
  // the mirror may be gone; upstream's job says of nobody whose it is, so that its end wakes nobody
  const owner = { ...source, metadata: { ...source.metadata, annotations: backReferences(tag, source, target) } };
  const secretName = pushSecret(config);
  return ocJob({
    name: removalJobName(tag.name),
    namespace,
    image,
    secretName,
    script: copy,
    args,
    deadlineSeconds,
    mirror: owner,
    target,
  });
}

/** The image with `oc` for the removal: that of the release's mirror, or where the mirror is gone that of today's inputs. */
export function removalCliImage(release: {
  config: ReleaseConfig;
  mirror: ImageStream | undefined;
  source: ImageStream;
  tag: TagReference;
}): CliImage {
  const { config, mirror, source, tag } = release;
  const ofMirror = cliImage({ config, mirror, tag });
  return ofMirror.ok ? ofMirror : cliImage({ config, mirror: source, tag });
}

const pushSecret = ({ referenceRelease, pullSecretName }: ReleaseConfig) => referenceRelease?.secretName || pullSecretName;

const backReferences = (tag: TagReference, source: ImageStream, target: ImageStream) => ({
  [annotation.source]: streamKey(source),
  [annotation.target]: streamKey(target),
  [annotation.releaseTag]: tag.name,
});

/** How the removal of one image stands. */
export type RemovalState = { kind: 'complete' } | { kind: 'running' } | { kind: 'failed'; why: string; again: boolean };

/** A failed removal is tried anew after so long. */
const failedForMs = 3_600_000;

export function removalState({ status }: Job, now: number): RemovalState {
  if (status?.completionTime !== undefined) return { kind: 'complete' };
  const failed = status?.conditions?.find(({ type, status: holds }) => type === 'Failed' && holds === 'True');
  if (failed === undefined) return { kind: 'running' };
  const why = [failed.reason, failed.message].filter(Boolean).join(': ') || 'it failed';
  return { kind: 'failed', why, again: Date.parse(failed.lastTransitionTime ?? '') < now - failedForMs };
}
