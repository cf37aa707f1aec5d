import type { ReleaseConfig } from './config.ts';
import { ocJob } from './job-template.ts';
import type { ImageStream, Job, TagReference } from './kinds.ts';
import { releasePullSpec } from './pull-spec.ts';

/** What both jobs of a release are made from. */
export interface ReleaseJobFacts {
  /** the release's spec tag in the target */
  tag: TagReference;
  config: ReleaseConfig;
  mirror: ImageStream;
  target: ImageStream;
  /** namespace of the jobs */
  jobNamespace: string;
  /** image with the `oc` client, see cli-image.ts */
  image: string;
  /** whether images of several architectures stay so */
  keepManifestList: boolean;
  /** 0 for none */
  deadlineSeconds: number;
}

/**
 * The job that assembles an Integration release from its mirror and pushes it as the release's tag
 * (openshift/release-controller, cmd/release-controller/sync_release.go).
 */
export function buildReleaseJob(facts: ReleaseJobFacts): Job {
  const { tag, config, mirror, target, keepManifestList } = facts;
  const toImage = `${target.status?.publicDockerImageRepository ?? ''}:${tag.name}`;
  const script =
    'oc adm release new --name="$1" --from-image-stream="$2" --namespace="$3" --to-image="$4" --reference-mode="$5" --keep-manifest-list="$6"';
  const args = [tag.name, mirror.metadata.name, mirror.metadata.namespace ?? '', toImage, config.referenceMode, String(keepManifestList)];
  return ocJob({ ...common(facts), name: tag.name, secretName: config.pullSecretName, script, args });
}

/** The job that copies a built payload to `alternateImageRepository`; it runs beside the verification. */
export function buildAlternateMirrorJob(facts: ReleaseJobFacts): Job {
  const { tag, config, keepManifestList } = facts;
  const args = [String(keepManifestList), releasePullSpec(facts), `${config.alternateImageRepository}:${tag.name}`];
  const script = 'oc image mirror --keep-manifest-list="$1" "$2" "$3"';
  const secretName = config.alternateImageRepositorySecretName;
  return ocJob({ ...common(facts), name: alternateMirrorJobName(tag.name), secretName, script, args });
}

export function alternateMirrorJobName(tag: string): string {
  return `${tag}-alternate-mirror`;
}

function common({ mirror, target, jobNamespace: namespace, image, deadlineSeconds }: ReleaseJobFacts) {
  return { mirror, target, namespace, image, deadlineSeconds };
}
