import { annotation, label } from './annotations.ts';
import type { ProwJob } from './kinds.ts';
import { type BuiltProwJob, buildProwJob, type ProwJobFacts } from './prow-job.ts';
import { prowJobLabels } from './prow-job-labels.ts';

export type PeriodicJobFacts = Pick<
  ProwJobFacts,
  'tag' | 'namespace' | 'source' | 'definition' | 'pullSpec' | 'from' | 'mirrorRepository' | 'reference' | 'architecture' | 'now'
> & {
  /** a UUID */
  name: string;
  upgrade: boolean;
};

/**
 * The ProwJob of a periodic: told what to test as a verification job is, but with the labels and annotations of its
 * definition, on the cluster of its definition, and for no payload (openshift/release-controller,
 * cmd/release-controller/periodic.go).
 */
export function buildPeriodicJob({ name, upgrade, ...facts }: PeriodicJobFacts): BuiltProwJob {
  const { definition, tag, source, architecture, from } = facts;
  const run = { name, verify: definition.name, kind: 'single' as const, definition: definition.name, specJob: definition.name, attempt: 0 };
  const entry = { upgrade, multiJobAnalysis: false, prowJobName: definition.name };
  const built = buildProwJob({ ...facts, run, entry, schedulerEnabled: false });
  if (built.kind !== 'job') return built;
  const metadata: ProwJob['metadata'] = {
    name,
    namespace: facts.namespace,
    labels: prowJobLabels(definition.name, definition, { ...texts(definition['labels']), [label.verify]: 'true' }),
    annotations: {
      [annotation.prowJob]: definition.name,
      [annotation.prowContext]: '',
      ...texts(definition['annotations']),
      [annotation.source]: source,
      [annotation.tag]: tag,
      [annotation.architecture]: architecture,
      ...(upgrade && from !== undefined && { [annotation.fromTag]: from.tag }),
    },
  };
  return { kind: 'job', job: { ...built.job, metadata } };
}

function texts(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
}
