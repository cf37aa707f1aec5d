import type { ReleaseConfig } from './config.ts';
import type { ImageStream, ReleasePayload, ReleasePayloadSpec, TagReference } from './kinds.ts';
import { legacyDataSource, legacyOverride } from './legacy-results.ts';
import { payloadJobs } from './payload-jobs.ts';
import { isReferenceReleaseTag, referencePayloadTag } from './reference-release.ts';
import { alternateMirrorJobName } from './release-job.ts';

export interface PayloadSpecInput {
  config: ReleaseConfig;
  /** the release tag; a name alone means that it is no reference release */
  tag: TagReference | string;
  /** the stream that receives release tags */
  target: ImageStream;
  /** where release and mirror Jobs run */
  jobNamespace: string;
  /** where ProwJobs run */
  prowNamespace: string;
  /** `ImageStreamTagAnnotation` for a release that is older than its payload; default `BuildFarmLookup` */
  dataSource?: 'BuildFarmLookup' | 'ImageStreamTagAnnotation';
}

/**
 * The ReleasePayload of a new release: made once, before its release Job, and never brought up to date with a later
 * configuration (openshift/release-controller, cmd/release-controller/sync_release_payload.go). A payload waits for
 * its alternate mirror wherever the copy is made, with a secret or without.
 */
export function buildReleasePayload(input: PayloadSpecInput): ReleasePayload {
  const name = tagName(input.tag);
  const namespace = input.target.metadata.namespace ?? '';
  const legacy = input.dataSource === legacyDataSource && typeof input.tag !== 'string' ? legacyOverride(input.tag) : undefined;
  return {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace },
    spec: {
      payloadCoordinates: {
        namespace,
        streamName: input.config.name,
        imagestreamName: input.target.metadata.name,
        imagestreamTagName: name,
      },
      payloadCreationConfig: creationConfig(name, input),
      payloadVerificationConfig: {
        ...payloadJobs(input.config),
        payloadVerificationDataSource: input.dataSource ?? 'BuildFarmLookup',
      },
      ...(legacy && { payloadOverride: legacy }),
      ...releaseCoordinates(name, input),
      payloadType: isReference(input) ? 'Reference' : 'Local',
    },
  };
}

function creationConfig(
  name: string,
  { config, jobNamespace, prowNamespace, dataSource }: PayloadSpecInput,
): NonNullable<ReleasePayloadSpec['payloadCreationConfig']> {
  const mirror = { namespace: jobNamespace, releaseMirrorJobName: alternateMirrorJobName(name) };
  return {
    releaseCreationCoordinates: { namespace: jobNamespace, releaseCreationJobName: name },
    prowCoordinates: { namespace: prowNamespace },
    // Nobody copies a release that is older than its payload, so nothing must wait for that.
    ...(config.alternateImageRepository !== '' && dataSource !== legacyDataSource && { releaseMirrorCoordinates: mirror }),
  };
}

function releaseCoordinates(name: string, input: PayloadSpecInput): Pick<ReleasePayloadSpec, 'releaseCoordinates'> {
  if (isReference(input)) {
    const repository = input.config.referenceRelease?.pullRepository ?? '';
    return { releaseCoordinates: [{ repository, tag: referencePayloadTag(name) }] };
  }
  const repository = input.target.status?.publicDockerImageRepository;
  return repository ? { releaseCoordinates: [{ repository, tag: name }] } : {};
}

function isReference({ tag, config }: PayloadSpecInput): boolean {
  return typeof tag !== 'string' && isReferenceReleaseTag(tag, config);
}

function tagName(tag: TagReference | string): string {
  return typeof tag === 'string' ? tag : tag.name;
}
