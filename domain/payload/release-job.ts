import type { ReleaseConfig } from './config.ts';
import { ocJob } from './job-template.ts';
import type { ImageStream, Job } from './kinds.ts';
import { releasePullSpec } from './pull-spec.ts';

/** What both jobs of a release are made from. */
export interface ReleaseJobFacts {
  tag: string;
  config: ReleaseConfig;
  mirror: ImageStream;
  target: ImageStream;
  /** namespace of the jobs */
  jobNamespace: string;
  /** image with the `oc` client, see cli-image.ts */
  image: string;
  /** process-wide switch; a config can only turn it off */
  manifestListMode: boolean;
}

/**
 * The job that assembles an Integration release from its mirror and pushes it as the release's tag
 * (openshift/release-controller, cmd/release-controller/sync_release.go).
 */
export function buildReleaseJob(facts: ReleaseJobFacts): Job {
  const { tag, config, mirror, target, jobNamespace: namespace, image } = facts;
  const toImage = `${target.status?.publicDockerImageRepository ?? ''}:${tag}`;
  const script =
    'oc adm release new --name="$1" --from-image-stream="$2" --namespace="$3" --to-image="$4" --reference-mode="$5" --keep-manifest-list="$6"';
  const args = [tag, mirror.metadata.name, mirror.metadata.namespace ?? '', toImage, config.referenceMode, keepManifestList(facts)];
  return ocJob({ name: tag, namespace, image, secretName: config.pullSecretName, script, args, mirror, target });
}

/** The job that copies a built payload to `alternateImageRepository`; it runs beside the verification. */
export function buildAlternateMirrorJob(facts: ReleaseJobFacts): Job {
  const { tag, config, mirror, target, jobNamespace: namespace, image } = facts;
  const from = releasePullSpec({ target, tag, config });
  const args = [from, `${config.alternateImageRepository}:${tag}`, keepManifestList(facts)];
  const script = 'oc image mirror --keep-manifest-list="$3" "$1" "$2"';
  const secretName = config.alternateImageRepositorySecretName;
  return ocJob({ name: alternateMirrorJobName(tag), namespace, image, secretName, script, args, mirror, target });
}

export function alternateMirrorJobName(tag: string): string {
  return `${tag}-alternate-mirror`;
}

function keepManifestList({ manifestListMode, config }: ReleaseJobFacts): string {
  return String(manifestListMode && !config.disableManifestListMode);
}
