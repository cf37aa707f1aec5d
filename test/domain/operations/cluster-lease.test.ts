import { describe, expect, test } from 'vitest';
import { heldMessage, judgeLease, lostMessage } from '../../../domain/operations/cluster-lease.ts';

const me = { identity: 'server-1/ns-1', description: 'releases at temporal:7233' };
const renewed = '2026-01-01T00:00:00.000000Z';
const at = (seconds: number) => Date.parse(renewed) + seconds * 1000;

describe('the lease of a cluster', () => {
  test.each([
    ['that is not there', undefined, 'free'],
    ['without a holder', { holderIdentity: null }, 'free'],
    ['of our own', { holderIdentity: me.identity, renewTime: renewed }, 'ours'],
    ['of another, renewed in time', { holderIdentity: 'other', renewTime: renewed, leaseDurationSeconds: 45 }, 'held'],
    ['of another, with a duration that is over', { holderIdentity: 'other', renewTime: renewed, leaseDurationSeconds: 10 }, 'expired'],
    ['of another, never renewed', { holderIdentity: 'other' }, 'expired'],
  ])('%s', (_what, spec, verdict) => {
    expect(judgeLease(spec, me, at(30))).toBe(verdict);
  });

  test('who is refused hears who is there, since when, and the next move', () => {
    const spec = { holderIdentity: 'o', acquireTime: '2025-12-31T00:00:00.000000Z', renewTime: renewed, leaseDurationSeconds: 45 };
    expect(heldMessage({ lease: 'ci-release/waybill', spec, holder: 'old at temporal:7233 (o)', me, now: at(5) })).toBe(
      [
        'another Waybill drives this cluster: its Temporal namespace is old at temporal:7233 (o); ours is releases at temporal:7233',
        'it holds the lease ci-release/waybill since 2025-12-31T00:00:00.000000Z, and renewed it 5 s ago',
        'next: use its Temporal namespace (WAYBILL_TEMPORAL_ADDRESS, WAYBILL_TEMPORAL_NAMESPACE);',
        'or stop its workers and start again in 40 s; or take over at once with `waybill worker --take-over`, after which its workers stop',
      ].join('\n'),
    );
  });

  test('who has lost it hears to whom', () => {
    expect(lostMessage({ lease: 'ci-release/waybill', holder: 'new at t:1 (n)', me })).toContain('new at t:1 (n)');
  });
});
