import { describe, expect, it } from 'vitest';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { isUntold } from '../../../domain/payload/untold.ts';
import { condition, payloadOf } from './payload-builder.ts';

describe('what became of a payload was not told', () => {
  const accepted = payloadOf({ status: { conditions: [condition('PayloadAccepted', 'True'), condition('PayloadCreated', 'True')] } });
  const approval = (state?: string, said?: 'Success' | 'Failure', byJobs = false): ReleasePayload => ({
    ...accepted,
    metadata: { ...accepted.metadata, labels: state === undefined ? {} : { 'release.openshift.io/qe_state': state } },
    status: {
      ...accepted.status,
      ...(said !== undefined && {
        qualifiersSummary: { qualifiers: { qe: { aggregateState: said, ...(byJobs ? { jobs: [] } : { approval: true }) } } },
      }),
    },
  });
  const general = { qe: { enabled: true, approval: true } };

  it.each<[string, ReleasePayload, string | undefined, boolean]>([
    ['when its tag says another verdict', accepted, 'Rejected', true],
    ['not when its tag says the same', accepted, 'Accepted', false],
    ['not when its tag says none yet, which its stream marks', accepted, 'Ready', false],
    ['not when it has no tag', accepted, undefined, false],
    ['when it was approved', approval('Accepted'), 'Accepted', true],
    ['when an approval became a refusal', approval('Rejected', 'Success'), 'Accepted', true],
    ['when an approval was taken back', approval(undefined, 'Success'), 'Accepted', true],
    ['not when its summary says the approval', approval('Accepted', 'Success'), 'Accepted', false],
    ['not when its summary says the refusal', approval('Rejected', 'Failure'), 'Accepted', false],
    ['not when a qualifier has jobs, which speak for it', approval('Rejected', 'Success', true), 'Accepted', false],
  ])('%s', (_, given, marked, untold) => expect(isUntold(given, marked, general)).toBe(untold));

  it('not for an approval that no qualifier asks for', () => {
    expect(isUntold(approval('Accepted'), 'Accepted', { qe: {} })).toBe(false);
    expect(isUntold(approval('Accepted'), 'Accepted', undefined)).toBe(false);
  });
});
