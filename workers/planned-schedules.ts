import type { Client } from '@temporalio/client';
import { drivenStreams } from '../activities/kubernetes/forecast.ts';
import type { PayloadDependencies } from '../activities/kubernetes/payload-dependencies.ts';
import { wantedPeriodics } from '../activities/kubernetes/periodic-activities.ts';
import { periodicSchedules } from '../activities/periodic-schedules.ts';
import { scheduleChange } from '../activities/schedules.ts';
import type { ScheduleChanges } from '../domain/operations/part-forecasts.ts';
import { parseReleaseConfig } from '../domain/payload/config.ts';
import { periodicsMark, scheduleStep } from '../domain/payload/periodic.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { workflowIds } from '../workflows/ids.ts';
import { fixedSchedules } from './fixed-schedules.ts';

/**
 * What would become of the schedules in Temporal, those of periodics and those that every Waybill has; reads only.
 *
 * @param client undefined where Temporal does not answer: then all count as new
 */
export async function plannedSchedules(
  { settings, dependencies, now }: { settings: Settings; dependencies: PayloadDependencies; now: number },
  client: Client | undefined,
): Promise<ScheduleChanges> {
  const changes: ScheduleChanges = { make: [], change: [], remove: [], run: [], because: [] };
  const existing = client === undefined ? [] : await scheduleIds(client);
  await planFixed(settings, client, existing, changes);
  const wanted = await planPeriodics(dependencies, now, client, changes);
  const [prefix = ''] = workflowIds.periodic('', '', '').split('/');
  changes.remove.push(...existing.filter((id) => id.startsWith(`${prefix}/`) && !wanted.has(id)));
  return changes;
}

async function planFixed(settings: Settings, client: Client | undefined, existing: string[], changes: ScheduleChanges): Promise<void> {
  for (const { everyMs, ...wanted } of fixedSchedules(settings)) {
    if (everyMs === 0) {
      if (existing.includes(wanted.id)) changes.remove.push(wanted.id);
      continue;
    }
    const spec = { intervals: [{ every: everyMs }] };
    const change = client === undefined ? 'make' : await scheduleChange(client, { ...wanted, spec });
    if (change !== 'keep') changes[change].push(wanted.id);
  }
}

/** @returns ids of all periodics that are to have a schedule */
async function planPeriodics(
  dependencies: PayloadDependencies,
  now: number,
  client: Client | undefined,
  changes: ScheduleChanges,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const stream of await drivenStreams(dependencies)) {
    const parsed = parseReleaseConfig(stream.config);
    if (parsed.ok && periodicsMark(parsed.config) === '') continue;
    const { wanted, problems } = await wantedPeriodics(dependencies, stream);
    changes.because.push(...problems.map(({ message }) => message));
    for (const each of wanted) {
      const id = workflowIds.periodic(each.id.namespace, each.id.name, each.id.entry);
      ids.add(id);
      const step = client === undefined ? scheduleStep(each, undefined, now) : await periodicSchedules(client).step(each, now);
      if (step.kind === 'make' || step.kind === 'change') changes[step.kind].push(id);
      if (step.kind === 'run' || ('runsNow' in step && step.runsNow)) changes.run.push(id);
    }
  }
  return ids;
}

async function scheduleIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
  return ids.toSorted();
}
