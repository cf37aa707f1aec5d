/**
 * One ProwJob that verification starts for a release: everything that names it and tells it from the others of
 * its entry (openshift/release-controller, cmd/release-controller/sync_verify.go and sync_analysis.go).
 */
export interface VerificationRun {
  /** name of the ProwJob, already shortened to what Kubernetes takes */
  name: string;
  /** key of the entry under `verify` in the release config; `upgrade-from-<version>` of a sampled upgrade */
  verify: string;
  /** `analysis` runs are the sample that an `aggregator` run judges; `upgrade` is a sampled upgrade */
  kind: 'single' | 'analysis' | 'aggregator' | 'upgrade';
  /** the periodic of the Prow configuration whose base it runs */
  definition: string;
  /** `spec.job` of the ProwJob; for an aggregator `<verify>-<definition>` */
  specJob: string;
  /** 0 for the first attempt, n for retry n */
  attempt: number;
  /** of an analysis run, from 0 */
  index?: number;
  /** of a sampled upgrade: the version it starts from, and the upgrade entry it is a run of */
  from?: string;
  platform?: string;
}
