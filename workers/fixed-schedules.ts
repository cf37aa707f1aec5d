import type { Client } from '@temporalio/client';
import { ensureSchedule, type WantedSchedule } from '../activities/schedules.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** The work that every Waybill repeats, whatever streams it has. */
export function fixedSchedules(_settings: Settings): WantedSchedule[] {
  return [];
}

export async function ensureFixedSchedules(client: Client, settings: Settings): Promise<void> {
  await Promise.all(fixedSchedules(settings).map((wanted) => ensureSchedule(client, wanted)));
}
