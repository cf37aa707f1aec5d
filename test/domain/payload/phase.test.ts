import { describe, expect, it } from 'vitest';
import type { Condition, Phase, TagReference } from '../../../domain/payload/kinds.ts';
import { payloadPhase, tagPhase } from '../../../domain/payload/phase.ts';
import { condition, payloadOf } from './payload-builder.ts';

describe('payload phase', () => {
  const unknown = ['PayloadAccepted', 'PayloadCreated', 'PayloadFailed', 'PayloadRejected'].map((type) => condition(type, 'Unknown'));
  const created = condition('PayloadCreated', 'True');
  const rows: [string, Condition[], Phase][] = [
    ['core 90: no conditions', [], 'Pending'],
    ['core 90: not created', [condition('PayloadCreated', 'False')], 'Pending'],
    ['core 90: all unknown', unknown, 'Pending'],
    ['core 91: created', [created], 'Ready'],
    ['core 91: failed', [condition('PayloadFailed', 'True')], 'Failed'],
    ['core 91: created and rejected', [created, condition('PayloadRejected', 'True')], 'Rejected'],
    ['core 91: created and accepted', [condition('PayloadAccepted', 'True'), created, condition('PayloadRejected', 'False')], 'Accepted'],
    ['payload 95: all conditions unknown', unknown, 'Pending'],
    [
      'payload 96: created, verdicts unknown',
      [condition('PayloadAccepted', 'Unknown'), created, condition('PayloadRejected', 'Unknown')],
      'Ready',
    ],
    ['payload 97: a verdict outranks created', [condition('PayloadAccepted', 'True'), created], 'Accepted'],
    [
      'a failed build reads as failed, though rejected',
      [condition('PayloadFailed', 'True'), condition('PayloadRejected', 'True')],
      'Failed',
    ],
  ];
  it.each(rows)('%s', (_name, conditions, phase) => {
    expect(payloadPhase(payloadOf({ status: { conditions } }))).toBe(phase);
  });
});

describe('tag phase', () => {
  const annotated: TagReference = { name: '4.20.1', annotations: { 'release.openshift.io/phase': 'Ready' } };

  it('core 92: the payload outranks the annotation', () => {
    expect(tagPhase({ '4.20.1': 'Accepted' }, annotated)).toBe('Accepted');
  });
  it('core 92: payload 98: without a payload the annotation counts', () => {
    expect(tagPhase({ '4.20.2': 'Accepted' }, annotated)).toBe('Ready');
  });
  it.each([undefined, {}])('core 92: no payloads at all', (phases) => {
    expect(tagPhase(phases, annotated)).toBe('Ready');
  });
  it('core 92: nothing known', () => {
    expect(tagPhase({}, { name: '4.20.1' })).toBe('');
  });
  it('a name that every object has is no payload', () => {
    expect(tagPhase({}, { name: 'constructor' })).toBe('');
  });
});
