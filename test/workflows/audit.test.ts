import { describe, expect, test } from 'vitest';
import type { AuditActivities, SigningActivities } from '../../activities/audit-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import { auditWorkflowId, retryAuditSignal, type AuditOutcome } from '../../workflows/audit-messages.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';
import { failsFirst, inTurn } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { eventually } from '../support/wait.ts';
import { auditBench, startBy, store, signature, whyOf, backoffs } from '../support/fake-audit.ts';

const { bench, grant, audited } = auditBench();
const storageDown = () => Promise.reject(new Error('storage is down'));

describe.concurrent('audit', () => {
  test.each([{}, { alone: { maxCachedWorkflows: 0 } }])('takes a permit, signs, stores the record (%j)', async (options) => {
    await audited(options, async ({ audit, input, orders, fakes }) => {
      expect(await audit.result()).toEqual({ kind: 'signed', signature: signature(input), record: `audit/ocp/${input.tag}.json` });
      expect(orders).toEqual([{ namespace: input.namespace, tag: input.tag, digest: input.digest, location: input.location, startBy }]);
      expect(fakes.callsOf('requestPermit').map(([{ requester, validMs }]) => [requester, validMs])).toEqual([
        [auditWorkflowId(input.digest), 1_600],
      ]);
      expect(fakes.callsOf('recordAttempt').map(([release, { outcome, signature: stored }]) => [release, outcome, stored])).toEqual([
        [input, 'signed', signature(input)],
      ]);
      await recordHistory(audit, 'audit/signed');
    });
  });

  test('is refused, without asking for a permit, when the release has lost its acceptance', async () => {
    await audited({ checkEligible: async () => ({ eligible: false, why: 'it is Rejected' }) }, async ({ audit, orders, fakes }) => {
      expect(await audit.result()).toEqual({ kind: 'refused', why: 'it is Rejected' });
      expect([fakes.callsOf('requestPermit'), orders]).toEqual([[], []]);
      await recordHistory(audit, 'audit/refused');
    });
  });

  test('is refused when nothing could ever be signed', async () => {
    const sign = () => Promise.reject(permanent('InvalidRelease', 'sha1:1: not a sha256 digest'));
    await audited({ sign }, async ({ audit }) => {
      expect(await audit.result()).toEqual({ kind: 'refused', why: 'sha1:1: not a sha256 digest' });
    });
  });

  test('waits out a storage that is down for 5 seconds, doubling, with a new permit each time', async () => {
    await audited({ sign: failsFirst(4, async (order) => signature(order)) }, async ({ audit, orders, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(orders).toHaveLength(5);
      expect(new Set(fakes.callsOf('requestPermit').map(([{ request }]) => request)).size).toBe(5);
      expect(await backoffs(audit)).toEqual([5, 10, 20, 40]);
      await recordHistory(audit, 'audit/storage-down');
    });
  });

  test('goes on for weeks, at most two hours apart', async () => {
    await audited({ sign: failsFirst(3, async (order) => signature(order)), failures: { outside: 10 } }, async ({ audit }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(await backoffs(audit)).toEqual([5_120, 7_200, 7_200]);
    });
  });

  test('checks before each attempt that the release is still accepted', async () => {
    const checkEligible = inTurn<[], Awaited<ReturnType<AuditActivities['checkEligible']>>>(
      { eligible: true },
      { eligible: false, why: 'it is Rejected' },
    );
    await audited({ checkEligible, sign: storageDown }, async ({ audit, orders }) => {
      expect(await audit.result()).toEqual({ kind: 'refused', why: 'it is Rejected' });
      expect(orders).toHaveLength(1);
    });
  });

  test('says what is wrong with the key, and goes on at once when it is told that the key is mended', async () => {
    let mended = false;
    const sign: SigningActivities['signRelease'] = async (order) => {
      if (!mended) throw permanent('SigningKeyUnusable', 'signing key /key: there is no such file');
      return signature(order);
    };
    await audited({ sign, skip: false }, async ({ audit }) => {
      const { why, until } = await whyOf(audit, /there is no such file/);
      expect(why).toBe('signing key /key: there is no such file; mend it, then `waybill audit again` tries at once');
      expect(until).toBeDefined();
      mended = true;
      await audit.signal(retryAuditSignal);
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      await recordHistory(audit, 'audit/key-mended');
    });
  });

  test('finds by itself that the key is mended, within ten minutes', async () => {
    const broken = permanent('SigningKeyUnusable', 'signing key /key: there is no such file');
    let attempts = 0;
    const sign: SigningActivities['signRelease'] = async (order) => {
      attempts += 1;
      if (attempts <= 2) throw broken;
      return signature(order);
    };
    await audited({ sign, failures: { person: 7 } }, async ({ audit }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(await backoffs(audit)).toEqual([600, 600]);
    });
  });

  test('asks again at once, for a longer permit, when no worker began in time', async () => {
    const late = permanent('PermitExpired', 'the permit ended 3 ms ago; a new one is needed');
    let attempts = 0;
    const sign: SigningActivities['signRelease'] = async (order) => {
      attempts += 1;
      if (attempts < 3) throw late;
      return signature(order);
    };
    await audited({ sign, skip: false }, async ({ audit, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(fakes.callsOf('requestPermit').map(([{ validMs }]) => validMs)).toEqual([1_600, 3_200, 6_400]);
      expect(await backoffs(audit)).toEqual([]);
      await recordHistory(audit, 'audit/late');
    });
  });

  test('does not begin with a permit that is over', async () => {
    let asked = 0;
    const requestPermit: AuditActivities['requestPermit'] = async ({ requester, request }) => {
      asked += 1;
      await bench
        .client()
        .workflow.getHandle(requester)
        .signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy: asked === 1 ? 1 : startBy });
    };
    const sign: SigningActivities['signRelease'] = async (order) => {
      if (order.startBy === 1) throw permanent('PermitExpired', 'the permit is over');
      return signature(order);
    };
    await audited({ requestPermit, sign }, async ({ audit, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(fakes.callsOf('requestPermit').map(([{ validMs }]) => validMs)).toEqual([1_600, 3_200]);
    });
  });

  test('repeats a request that got no answer, as the same request', async () => {
    const requestPermit = inTurn<Parameters<AuditActivities['requestPermit']>, Promise<void> | undefined>(
      undefined,
      undefined,
      grant,
    ) as AuditActivities['requestPermit'];
    await audited({ requestPermit }, async ({ audit, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      const requests = fakes.callsOf('requestPermit').map(([request]) => request);
      expect(requests).toHaveLength(3);
      expect(new Set(requests.map(({ request }) => request)).size).toBe(1);
      await recordHistory(audit, 'audit/request-repeated');
    });
  });

  test('ignores a permit that answers another request', async () => {
    const requestPermit: AuditActivities['requestPermit'] = async ({ requester }) => {
      await bench
        .client()
        .workflow.getHandle(requester)
        .signal(permitGrantedSignal, { requester, request: 'another', givenAt: 0, startBy });
    };
    await audited({ requestPermit, skip: false }, async ({ audit, orders }) => {
      expect((await whyOf(audit, /at most 5 signatures/)).for).toBe('a permit to sign');
      expect(orders).toEqual([]);
      await audit.terminate();
    });
  });

  test('does not sign again when only the record could not be stored', async () => {
    let attempts = 0;
    const recordAttempt: AuditActivities['recordAttempt'] = async (release, stored) => {
      attempts += 1;
      // Each look of the workflow is three attempts.
      return attempts <= 6 ? storageDown() : store(release, stored);
    };
    await audited({ recordAttempt }, async ({ audit, orders }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(orders).toHaveLength(1);
      expect(await backoffs(audit)).toEqual([5, 10]);
      await recordHistory(audit, 'audit/record-late');
    });
  });

  test('continues as new when its history is long, and does not sign again', async () => {
    let down = true;
    const recordAttempt: AuditActivities['recordAttempt'] = async (...args) => (down ? storageDown() : store(...args));
    await audited({ recordAttempt, skip: false }, async ({ audit, orders, fakes }) => {
      const { runId } = await audit.describe();
      await fakes.called('recordAttempt', 1);
      // The server suggests a new run at four megabytes of history; what a signal carries beyond its name is ignored.
      const bulk = 'x'.repeat(900_000);
      for (let signals = 0; signals < 5; signals += 1) await audit.signal('retryAudit', bulk);
      await eventually('a new run', async () => {
        await bench.client().workflow.getHandle(audit.workflowId).signal(retryAuditSignal);
        return (await bench.client().workflow.getHandle(audit.workflowId).describe()).runId !== runId;
      });
      down = false;
      const current = bench.client().workflow.getHandle<() => Promise<AuditOutcome>>(audit.workflowId);
      await current.signal(retryAuditSignal);
      expect(await current.result()).toMatchObject({ kind: 'signed' });
      expect(orders).toHaveLength(1);
    });
  });

  test('can be cancelled while it waits', async () => {
    await audited({ sign: storageDown, skip: false }, async ({ audit }) => {
      await whyOf(audit, /storage is down/);
      await audit.cancel();
      await expect(audit.result()).rejects.toThrow();
      expect((await audit.describe()).status.name).toBe('CANCELLED');
      await recordHistory(audit, 'audit/cancelled');
    });
  });

  test('says the same in its details as in its answer, and is found by its release', async () => {
    await audited({ sign: storageDown, skip: false }, async ({ audit, input }) => {
      const { for: what, why } = await whyOf(audit, /storage is down/);
      const { releaseTag, releaseNamespace, stream } = searchAttributes;
      const { typedSearchAttributes } = await audit.describe();
      expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
        expect.arrayContaining([
          [releaseTag.name, input.tag],
          [releaseNamespace.name, 'ocp'],
          [stream.name, input.stream],
        ]),
      );
      const metadata = await audit.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      expect(metadata.currentDetails).toContain(`**${what}**: ${why}`);
      await audit.terminate();
    });
  });

  test('audit trap 8: signs no sooner than the settings want, days after the verdict, and looks again then', async () => {
    const notBefore = new Date(Date.now() + 3 * 24 * 3_600_000).toISOString();
    let now = true;
    const checkEligible: AuditActivities['checkEligible'] = async () => {
      now = !now;
      return now ? { eligible: true } : { eligible: true, notBefore };
    };
    await audited({ checkEligible }, async ({ audit, orders, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(fakes.callsOf('checkEligible')).toHaveLength(2);
      expect(orders).toHaveLength(1);
      const [waited = 0] = await backoffs(audit);
      expect(waited).toBeGreaterThan(3 * 24 * 3_600 - 60);
      await recordHistory(audit, 'audit/delayed');
    });
  });

  test('a release that is refused leaves a record of it', async () => {
    await audited({ checkEligible: async () => ({ eligible: false, why: 'it has moved' }) }, async ({ audit, fakes }) => {
      expect(await audit.result()).toEqual({ kind: 'refused', why: 'it has moved' });
      expect(fakes.callsOf('recordAttempt').map(([, { outcome, why }]) => [outcome, why])).toEqual([['refused', 'it has moved']]);
    });
  });

  test('audit trap 11: what a person has to mend is recorded once, as long as it lasts', async () => {
    const sign = () => Promise.reject(permanent('SigningKeyUnusable', 'signing key /key: there is no such file'));
    await audited({ sign, skip: false }, async ({ audit, fakes }) => {
      await whyOf(audit, /there is no such file/);
      for (let times = 2; times <= 3; times += 1) {
        await audit.signal(retryAuditSignal);
        await fakes.called('requestPermit', times);
      }
      await whyOf(audit, /there is no such file/);
      expect(fakes.callsOf('recordAttempt').map(([, { outcome, why }]) => [outcome, why])).toEqual([
        ['in trouble', 'signing key /key: there is no such file'],
      ]);
      await audit.terminate();
    });
  });
});
