import { annotation } from './annotations.ts';
import type { PeriodicDefinition } from './kinds.ts';

const longestValue = 63;
const validValue = /^(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?$/;

/**
 * The labels that Prow puts on a periodic job, with more of ours (sigs.k8s.io/prow, pkg/pod-utils/decorate). A value
 * that Kubernetes would refuse becomes the last part of its path, or goes.
 *
 * @param job `spec.job`
 */
export function prowJobLabels(job: string, definition: PeriodicDefinition, more: Record<string, string>): Record<string, string> {
  const labels = {
    'created-by-prow': 'true',
    'prow.k8s.io/type': 'periodic',
    [annotation.prowJob]: job.slice(0, longestValue).replace(/[.-]+$/, ''),
    [annotation.prowContext]: '',
    ...referenceLabels(definition),
    ...more,
  };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => {
      const usable = [value, value.slice(value.lastIndexOf('/') + 1)].find(isValidValue);
      return usable === undefined ? [] : [[key, usable]];
    }),
  );
}

function referenceLabels({ extra_refs: references }: PeriodicDefinition): Record<string, string> {
  const first: unknown = Array.isArray(references) ? references[0] : undefined;
  if (typeof first !== 'object' || first === null) return {};
  const { org = '', repo = '', base_ref: base = '' } = first as Record<string, unknown>;
  return { 'prow.k8s.io/refs.org': String(org), 'prow.k8s.io/refs.repo': String(repo), 'prow.k8s.io/refs.base_ref': String(base) };
}

function isValidValue(value: string): boolean {
  return value.length <= longestValue && validValue.test(value);
}
