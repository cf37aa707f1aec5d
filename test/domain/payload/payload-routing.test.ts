import { describe, expect, it } from 'vitest';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { forgotten, routeReleasePayload } from '../../../domain/payload/routing.ts';

const tag = '4.20.0-0.nightly-2026-01-01-000000';

const routed = (payload: ReleasePayload, before: Parameters<typeof routeReleasePayload>[1]) =>
  routeReleasePayload(payload, before, Date.UTC(2026, 0, 1));

describe('a payload wakes its release', () => {
  const payload = (parts: Partial<ReleasePayload>): ReleasePayload => ({
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { namespace: 'ocp', name: tag },
    spec: {},
    ...parts,
  });
  it('and starts it while there is no verdict', () =>
    expect(routed(payload({ status: {} }), undefined).owners).toMatchObject([{ workflow: 'release', start: true }]));
  it('not when its stream has just made it', () => expect(routed(payload({}), undefined).owners).toEqual([]));
  it('not for the results of its jobs', () => {
    const { seen } = routed(
      payload({ status: { blockingJobResults: [{ ciConfigurationName: 'a', ciConfigurationJobName: 'b', state: 'Pending' }] } }),
      undefined,
    );
    const later = payload({
      status: { blockingJobResults: [{ ciConfigurationName: 'a', ciConfigurationJobName: 'b', state: 'Success' }] },
    });
    expect(routed(later, seen).owners).toEqual([]);
  });
  it('and starts it when a late result turned a verdict', () => {
    const judged = (type: string): ReleasePayload =>
      payload({
        status: {
          conditions: [{ type, status: 'True', reason: `Release${type}`, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
        },
      });
    const { seen } = routed(judged('PayloadRejected'), undefined);
    expect(routed(judged('PayloadAccepted'), seen).owners).toMatchObject([{ workflow: 'release', start: true }]);
    expect(routed(judged('PayloadAccepted'), undefined).owners).toMatchObject([{ start: false }]);
  });
  it('of which nobody knows how it changed, without starting it: what is untold is found by comparing with its tag', () => {
    const judged = payload({
      status: {
        conditions: [{ type: 'PayloadAccepted', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    });
    expect(routed(judged, forgotten).owners).toMatchObject([{ workflow: 'release', start: false }]);
  });
  it('and starts it for an approval, also long after the verdict', () => {
    const approved = (labels: Record<string, string>) =>
      payload({
        metadata: { namespace: 'ocp', name: tag, labels },
        status: {
          conditions: [
            {
              type: 'PayloadAccepted',
              status: 'True',
              reason: 'ReleasePayloadAccepted',
              message: '',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        },
      });
    const { seen } = routed(approved({}), undefined);
    const given = approved({ 'release.openshift.io/qe_state': 'Accepted', any: 'other' });
    expect(routed(given, seen).owners).toMatchObject([{ workflow: 'release', start: true }]);
    expect(routed(approved({ any: 'other' }), seen).owners).toEqual([]);
    expect(routed(given, undefined).owners).toMatchObject([{ start: false }]);
  });
  describe('at first sight only', () => {
    const at = '2026-01-01T00:00:00Z';
    const decided = (rejected: 'False' | 'Unknown', state: string) =>
      payload({
        status: {
          releaseCreationJobResult: { status: 'Success', message: '' },
          conditions: Object.entries({
            PayloadAccepted: 'True',
            PayloadCreated: 'True',
            PayloadFailed: 'False',
            PayloadRejected: rejected,
          } as const).map(([type, status]) => ({ type, status, reason: `Release${type}`, message: '', lastTransitionTime: at })),
          blockingJobResults: [{ ciConfigurationName: 'a', ciConfigurationJobName: 'b', state: 'Success', results: [{ state }] }],
        },
      });
    it('a verdict that is whole wakes nobody', () =>
      expect(routed(decided('False', 'Success'), undefined).owners).toMatchObject([{ start: false }]));
    it('one that is half written starts it', () =>
      expect(routed(decided('Unknown', 'Success'), undefined).owners).toMatchObject([{ start: true }]));
    it('runs that outlast the verdict start it', () =>
      expect(routed(decided('False', 'Pending'), undefined).owners).toMatchObject([{ start: true }]));
    it('their end is told by the runs themselves', () => {
      const { seen } = routed(decided('False', 'Pending'), undefined);
      expect(routed(decided('False', 'Success'), seen).owners).toEqual([]);
    });
    it('half a verdict that comes later starts it, too', () => {
      const { seen } = routed(decided('False', 'Pending'), undefined);
      expect(routed(decided('Unknown', 'Pending'), seen).owners).toMatchObject([{ start: true }]);
    });
  });
  it('for an override', () => {
    const { seen } = routed(payload({ status: {} }), undefined);
    const { owners } = routed(payload({ status: {}, spec: { payloadOverride: { override: 'Accepted' } } }), seen);
    expect(owners).toMatchObject([{ workflow: 'release', namespace: 'ocp', name: tag }]);
  });
});
