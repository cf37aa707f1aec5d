import { ScheduleNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { ensureFixedSchedules } from '../../workers/fixed-schedules.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { testStack } from '../support/stack.ts';

const client = quietTemporal('schedules');

test('what repeats has the interval of the settings, and goes when it is turned off', async () => {
  const { settings } = testStack();
  await ensureFixedSchedules(client(), settings({ WAYBILL_REIMPORT_INTERVAL: '20m', WAYBILL_MIRROR_CLEANUP_MAXIMUM: '7' }));
  const reimport = await client().schedule.getHandle('reimport').describe();
  expect(reimport.spec.intervals).toMatchObject([{ every: 1_200_000 }]);
  expect(reimport.action.args).toEqual([{ intervalMs: 1_200_000 }]);
  const cleanup = await client().schedule.getHandle('mirror-cleanup').describe();
  expect(cleanup.spec.intervals).toMatchObject([{ every: 86_400_000 }]);
  expect(cleanup.action.args).toEqual([
    {
      dryRun: true,
      rules: { credentials: 'ci-release/release-controller-quay-mirror-secret', minimumAgeMs: 2_592_000_000, maximum: 7 },
    },
  ]);

  const tracker = await client().schedule.getHandle('audit-tracker').describe();
  expect(tracker.spec.intervals).toMatchObject([{ every: 600_000 }]);

  await ensureFixedSchedules(
    client(),
    settings({ WAYBILL_REIMPORT_INTERVAL: '0', WAYBILL_MIRROR_CLEANUP_INTERVAL: '0', WAYBILL_AUDIT_TRACK_INTERVAL: '0' }),
  );
  for (const id of ['reimport', 'mirror-cleanup', 'audit-tracker'])
    await expect(client().schedule.getHandle(id).describe()).rejects.toThrow(ScheduleNotFoundError);
});
