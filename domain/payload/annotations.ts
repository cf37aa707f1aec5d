/** Annotation and label keys that release-controller and its clients read and write (pkg/release-controller/types.go). */
export const annotation = {
  config: 'release.openshift.io/config',
  hasReleases: 'release.openshift.io/hasReleases',
  source: 'release.openshift.io/source',
  target: 'release.openshift.io/target',
  name: 'release.openshift.io/name',
  releaseTag: 'release.openshift.io/releaseTag',
  hash: 'release.openshift.io/hash',
  generation: 'release.openshift.io/generation',
  creationTimestamp: 'release.openshift.io/creationTimestamp',
  phase: 'release.openshift.io/phase',
  reason: 'release.openshift.io/reason',
  message: 'release.openshift.io/message',
  keep: 'release.openshift.io/keep',
  /** `audit` on the job that verifies a release before it is signed */
  purpose: 'release.openshift.io/purpose',
  /** `locked`: no new release */
  mode: 'release.openshift.io/mode',
  messagePrefix: 'release.openshift.io/messagePrefix',
  softDelete: 'release.openshift.io/soft-delete',
  /** results of verification, from before there were payloads */
  verify: 'release.openshift.io/verify',
  rewrite: 'release.openshift.io/rewrite',
  mirrorImages: 'release.openshift.io/mirrorImages',
  inconsistency: 'release.openshift.io/inconsistency',
  buildUrl: 'release.openshift.io/build-url',
  runtimeBrewEvent: 'release.openshift.io/runtime-brew-event',
  fromTag: 'release.openshift.io/from-tag',
  tag: 'release.openshift.io/tag',
  architecture: 'release.openshift.io/architecture',
  prowJob: 'prow.k8s.io/job',
  prowContext: 'prow.k8s.io/context',
} as const;

export const label = {
  verify: 'release.openshift.io/verify',
  payload: 'release.openshift.io/payload',
  aggregator: 'release.openshift.io/aggregator',
  analysis: 'release.openshift.io/analysis',
  capabilityRce: 'capability/rce',
  purpose: 'release.openshift.io/purpose',
  /** ours: a namespace whose streams Waybill drives, when namespaces are not listed in the settings */
  releases: 'waybill.dev/releases',
} as const;
