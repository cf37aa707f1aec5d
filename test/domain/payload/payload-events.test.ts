import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { payloadEvents } from '../../../domain/payload/payload-events.ts';
import { type PayloadFacts, reconcileStatus } from '../../../domain/payload/payload-status.ts';
import { ciJob, completedJob, factsOf, failedJob, later, payloadOf, type PayloadShape, prowJobOf, tag } from './payload-builder.ts';

interface Step {
  facts?: Partial<PayloadFacts>;
  override?: { override: string; reason?: string } | null;
}

/** What is told on the way through these steps, each `type reason: message`. */
function told(shape: PayloadShape, ...steps: Step[]): string[][] {
  let payload: ReleasePayload = payloadOf(shape);
  return steps.map(({ facts = {}, override }) => {
    const { payloadOverride, ...spec } = payload.spec;
    const wanted = override === undefined ? payloadOverride : (override ?? undefined);
    payload = { ...payload, spec: { ...spec, ...(wanted && { payloadOverride: wanted }) } };
    const status = reconcileStatus(payload, factsOf(facts));
    const events = payloadEvents(payload, status);
    payload = { ...payload, status };
    return events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  });
}

const aws = (state: string) => ({ prowJobs: [prowJobOf(`${tag}-aws`, state)] });
const built = 'Normal ReleasePayloadCreated: the release image is built, its verification begins';

describe('what is told about a payload', () => {
  it('built, verified, accepted, and nothing twice', () => {
    expect(
      told({ blocking: [ciJob('aws')] }, { facts: { creationJob: null } }, {}, { facts: aws('success') }, { facts: { now: later } }),
    ).toEqual([[], [built], ['Normal ReleasePayloadAccepted: all 1 blocking jobs succeeded'], []]);
  });

  it('rejected, with the jobs that failed', () => {
    expect(told({ blocking: [ciJob('aws')] }, { facts: aws('failure') })).toEqual([
      [built, 'Warning ReleasePayloadRejected: blocking jobs failed: aws'],
    ]);
  });

  it('failed, with the last words of the build, and not rejected besides', () => {
    expect(told({}, { facts: { creationJob: failedJob(), creationFailure: 'error: no cli' } })).toEqual([
      ['Warning ReleasePayloadFailed: the release image could not be built: error: no cli'],
    ]);
  });

  it('copied, or not', () => {
    const ready = { facts: { mirrorJob: null, ...aws('pending') } };
    const shape = { mirrored: true, blocking: [ciJob('aws')] };
    expect(told(shape, ready, { facts: { mirrorJob: completedJob, ...aws('pending') } })[1]).toEqual([
      'Normal ReleasePayloadMirrored: the release is copied to the alternate repository',
    ]);
    expect(told(shape, ready, { facts: { mirrorJob: failedJob('BackoffLimitExceeded', 'no luck'), ...aws('pending') } })[1]).toEqual([
      'Warning ReleasePayloadMirrorFailed: the release could not be copied to the alternate repository, which does not hold it back: BackoffLimitExceeded: no luck',
    ]);
  });

  it('an override taken, changed and withdrawn', () => {
    const steps = [
      { facts: aws('failure') },
      { facts: aws('failure'), override: { override: 'Accepted', reason: 'flake' } },
      { facts: aws('failure'), override: { override: 'Accepted', reason: 'known flake' } },
      { facts: aws('failure'), override: { override: 'Rejected' } },
      { facts: aws('failure'), override: null },
    ];
    expect(told({ blocking: [ciJob('aws')] }, ...steps).slice(1)).toEqual([
      ['Normal OverrideTaken: an override makes it Accepted: flake', 'Normal ReleasePayloadManuallyAccepted: it is accepted by hand'],
      ['Normal OverrideTaken: an override makes it Accepted: known flake'],
      [
        'Normal OverrideTaken: an override makes it Rejected: no reason is given',
        'Warning ReleasePayloadManuallyRejected: it is rejected by hand',
      ],
      ['Normal OverrideWithdrawn: the override is withdrawn; the verdict is that of the jobs again'],
    ]);
  });

  it('an override withdrawn while jobs still run leaves it undecided', () => {
    const running = { facts: aws('pending') };
    const [, withdrawn] = told({ blocking: [ciJob('aws')], override: { override: 'Accepted' } }, running, { ...running, override: null });
    expect(withdrawn).toEqual(['Normal OverrideWithdrawn: the override is withdrawn; the verdict is that of the jobs again']);
  });

  it('the same facts again tell nothing', () => {
    const facts = fc.record({
      creationJob: fc.constantFrom(null, completedJob, failedJob()),
      mirrorJob: fc.constantFrom(null, completedJob, failedJob()),
      prowJobs: fc.constantFrom([], aws('pending').prowJobs, aws('success').prowJobs, aws('failure').prowJobs),
    });
    const override = fc.constantFrom(null, { override: 'Accepted' }, { override: 'Rejected', reason: 'r' });
    const step = fc.record({ facts, override });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.boolean(), (steps, mirrored) => {
        const twice = steps.flatMap((one) => [one, one]);
        expect(
          told({ blocking: [ciJob('aws')], mirrored }, ...twice)
            .filter((_events, index) => index % 2 === 1)
            .flat(),
        ).toEqual([]);
      }),
    );
  });
});
