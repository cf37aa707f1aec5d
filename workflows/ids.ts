/** Workflow ids are identities (DESIGN.md, "Workflows"): the same thing has the same id, whoever starts it. */
export const workflowIds = {
  watch: (cluster: string, resource: string) => `watch/${cluster}/${resource}`,
  stream: (namespace: string, imageStream: string) => `stream/${namespace}/${imageStream}`,
  release: (namespace: string, tag: string) => `release/${namespace}/${tag}`,
  mirror: (namespace: string, mirror: string) => `mirror/${namespace}/${mirror}`,
  creation: (namespace: string, tag: string) => `creation/${namespace}/${tag}`,
  verification: (namespace: string, tag: string) => `verification/${namespace}/${tag}`,
} as const;

/** The task queue of everything that needs no special right or rate. */
export const taskQueue = 'waybill';
