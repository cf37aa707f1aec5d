/** Workflow ids are identities (DESIGN.md, "Workflows"): the same thing has the same id, whoever starts it. */
export const workflowIds = {
  watch: (cluster: string, resource: string) => `watch/${cluster}/${resource}`,
  stream: (namespace: string, imageStream: string) => `stream/${namespace}/${imageStream}`,
  release: (namespace: string, tag: string) => `release/${namespace}/${tag}`,
  mirror: (namespace: string, mirror: string) => `mirror/${namespace}/${mirror}`,
  creation: (namespace: string, tag: string) => `creation/${namespace}/${tag}`,
  /** @param namespace of the Secret that holds the upgrade graph */
  graph: (namespace: string) => `graph/${namespace}`,
  audit: (_namespace: string, digest: string) => `audit/${digest}`,
  verifyJobs: (jobNamespace: string) => `verify-jobs/${jobNamespace}`,
  verification: (namespace: string, tag: string) => `verification/${namespace}/${tag}`,
  /** of the schedule; its runs add the time */
  periodic: (namespace: string, imageStream: string, entry: string) => `periodic/${namespace}/${imageStream}/${entry}`,
} as const;

/** The task queue of everything that needs no special right or rate. */
export const taskQueue = 'waybill';

/** What a log line is about. `stream` is the name of the source ImageStream. */
export interface LogSubject {
  releaseNamespace?: string;
  releaseTag?: string;
  stream?: string;
}

const byRelease = new Set(['release', 'creation', 'verification']);

/** The inverse of the ids, for log lines: the release or stream that a workflow is about, as far as its id says it. */
export function subjectOfWorkflow(workflowId: string): LogSubject {
  const [kind = '', releaseNamespace = '', ...rest] = workflowId.split('/');
  const name = rest.join('/');
  if (releaseNamespace === '' || name === '') return {};
  if (byRelease.has(kind)) return { releaseNamespace, releaseTag: name };
  if (kind === 'stream') return { releaseNamespace, stream: name };
  if (kind === 'periodic') return { releaseNamespace, stream: rest[0] ?? '' };
  return kind === 'mirror' ? { releaseNamespace } : {};
}

/** The release that an activity was given: it says more than the id of a workflow that is named by digest or mirror. */
export function subjectOfInput(input: unknown): LogSubject {
  const { namespace, tag } = (typeof input === 'object' && input !== null ? input : {}) as { namespace?: unknown; tag?: unknown };
  return typeof namespace === 'string' && typeof tag === 'string' ? { releaseNamespace: namespace, releaseTag: tag } : {};
}
