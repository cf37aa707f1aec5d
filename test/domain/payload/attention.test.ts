import { describe, expect, it } from 'vitest';
import { needsAttention } from '../../../domain/payload/attention.ts';
import type { Condition, ReleasePayload } from '../../../domain/payload/kinds.ts';

const condition = (type: string, reason: string): Condition => ({
  type,
  status: 'True',
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const payload = (conditions: Condition[], override?: string): ReleasePayload => ({
  apiVersion: 'release.openshift.io/v1alpha1',
  kind: 'ReleasePayload',
  metadata: { name: '4.20.0-0.nightly-2026-01-01-000000', namespace: 'ocp' },
  spec: override === undefined ? {} : { payloadOverride: { override } },
  status: { conditions },
});

const created = condition('PayloadCreated', 'ReleasePayloadCreated');
const accepted = condition('PayloadAccepted', 'ReleasePayloadAccepted');
const acceptedByHand = condition('PayloadAccepted', 'ReleasePayloadManuallyAccepted');
const failed = condition('PayloadFailed', 'ReleasePayloadFailed');

describe('a payload needs its release workflow', () => {
  it.each([
    ['when nothing is known of it', payload([])],
    ['while it is verified', payload([created])],
    ['when an accepted one is rejected by hand', payload([accepted, created], 'Rejected')],
    ['when an acceptance by hand is withdrawn', payload([acceptedByHand, created])],
    ['when an accepted one is accepted by hand, since the reason changes', payload([accepted, created], 'Accepted')],
  ])('%s', (_, given) => expect(needsAttention(given)).toBe(true));
});

describe('a payload is left alone', () => {
  it.each([
    ['when it was accepted', payload([accepted, created])],
    ['when its build failed, override or not', payload([failed], 'Accepted')],
    ['when the override has been followed', payload([acceptedByHand, created], 'Accepted')],
    ['when the override is no verdict', payload([accepted, created], 'Maybe')],
  ])('%s', (_, given) => expect(needsAttention(given)).toBe(false));
});
