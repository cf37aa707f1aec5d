import type { Client } from '@temporalio/client';
import { ensureSchedule, removeSchedule, type WantedSchedule } from '../activities/schedules.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { collectSchedule } from '../workflows/collect-messages.ts';
import type { MirrorCleanupInput } from '../workflows/mirror-cleanup-messages.ts';
import type { ReimportInput } from '../workflows/reimport-messages.ts';

/** Only the net: a removed tag has it run within seconds. */
const collectEveryMs = 30 * 60_000;

/** Work that repeats after so many milliseconds; 0 turns it off. */
type Repeated = Omit<WantedSchedule, 'spec'> & { everyMs: number };

/** The work that every Waybill repeats, whatever streams it has. */
export function fixedSchedules({ reimportInterval, mirrorCleanup, processLegacyResults, audit, storage }: Settings): Repeated[] {
  const reimport: ReimportInput = { intervalMs: reimportInterval };
  const { interval, dryRun, ...rules } = mirrorCleanup;
  const cleanup: MirrorCleanupInput = {
    dryRun,
    rules: { credentials: rules.credentials, minimumAgeMs: rules.minimumAge, maximum: rules.maximum },
  };
  return [
    {
      id: 'reimport',
      everyMs: reimportInterval,
      workflow: 'reimport',
      args: [reimport],
      summary: 'asks for failed imports of input images again',
      atOnce: true,
    },
    {
      id: 'mirror-cleanup',
      everyMs: interval,
      workflow: 'mirrorCleanup',
      args: [cleanup],
      summary: 'deletes copies that no release needs any more',
    },
    {
      id: 'audit-tracker',
      // Without a place for signatures there is nothing to compare with.
      everyMs: storage.url === undefined ? 0 : audit.trackInterval,
      workflow: 'auditTracker',
      args: [],
      summary: 'has releases signed that have no signature',
      atOnce: true,
    },
    {
      id: 'legacy-results',
      everyMs: processLegacyResults ? 6 * 3_600_000 : 0,
      workflow: 'legacyResults',
      args: [{}],
      summary: 'payloads for releases that are older than payloads',
      atOnce: true,
    },
    {
      id: collectSchedule,
      everyMs: collectEveryMs,
      workflow: 'collect',
      args: [],
      summary: 'removes what removed releases leave behind',
    },
  ];
}

export async function ensureFixedSchedules(client: Client, settings: Settings): Promise<void> {
  await Promise.all(
    fixedSchedules(settings).map(({ everyMs, ...wanted }) =>
      everyMs === 0 ? removeSchedule(client, wanted.id) : ensureSchedule(client, { ...wanted, spec: { intervals: [{ every: everyMs }] } }),
    ),
  );
}
