import { describe, expect, it } from 'vitest';
import { prowJobLabels } from '../../../domain/payload/prow-job-labels.ts';

const standard = { 'created-by-prow': 'true', 'prow.k8s.io/type': 'periodic', 'prow.k8s.io/job': 'job', 'prow.k8s.io/context': '' };

describe('ProwJob labels', () => {
  it('are those of Prow and ours', () => {
    expect(prowJobLabels('job', { name: 'job' }, { mine: 'x' })).toEqual({ ...standard, mine: 'x' });
  });

  it('cut a long job name to what Kubernetes takes', () => {
    expect(prowJobLabels(`${'a'.repeat(61)}.-tail`, { name: 'j' }, {})['prow.k8s.io/job']).toBe('a'.repeat(61));
  });

  it('name the first extra reference', () => {
    const extra_refs = [
      { org: 'openshift', repo: 'release', base_ref: 'main' },
      { org: 'other', repo: 'x', base_ref: 'y' },
    ];
    expect(prowJobLabels('job', { name: 'j', extra_refs }, {})).toEqual({
      ...standard,
      'prow.k8s.io/refs.org': 'openshift',
      'prow.k8s.io/refs.repo': 'release',
      'prow.k8s.io/refs.base_ref': 'main',
    });
  });

  it('keep the last part of a path and drop what cannot be a value', () => {
    const extra_refs = [{ org: 'https://gerrit/openshift', repo: 'a b', base_ref: 'x'.repeat(64) }];
    expect(prowJobLabels('job', { name: 'j', extra_refs }, {})).toEqual({ ...standard, 'prow.k8s.io/refs.org': 'openshift' });
  });
});
