import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { forecastStreams } from '../activities/kubernetes/forecast.ts';
import { imageStreams, releasePayloads } from '../activities/kubernetes/resources.ts';
import { ListWatch } from '../api/list-watch.ts';
import type { Settings } from '../infra/settings/settings.ts';
import type { Forecast } from '../domain/operations/forecast.ts';
import { readOnlyClient } from './cluster-client.ts';
import { payloadDependencies } from './payload-activities.ts';
import { planParts } from './plan.ts';

const gatherMs = 500;

/** Says in the log what a worker would do, whenever that changes. Starts no workflow, and needs no Temporal. */
export async function runDryly(settings: Settings, log: Logger, signal: AbortSignal): Promise<void> {
  const client = readOnlyClient(settings);
  const dependencies = payloadDependencies(settings, client, log);
  let wake = () => {};
  const onChange = () => wake();
  const onTrouble = (error: unknown) => log.warn({ err: error }, 'watch begins anew');
  const scopes = settings.releaseNamespaces === 'labelled' ? [undefined] : settings.releaseNamespaces;
  const watches = scopes.flatMap((namespace) =>
    [imageStreams, releasePayloads].map(
      (resource) => new ListWatch({ client, resource, onChange, onTrouble, ...(namespace !== undefined && { namespace }) }),
    ),
  );
  log.info('dry run: nothing is written, no workflow is started');
  const said = new Map<string, string>();
  const quietMs = settings.reconcileMinutes * 60_000;
  let nextParts = 0;
  while (!signal.aborted) {
    const changed = new Promise<void>((resolve) => (wake = resolve));
    const now = Date.now();
    const streams = await forecastStreams(dependencies, now).catch(onTrouble);
    for (const each of streams ?? []) {
      const [releaseNamespace, stream] = each.source.split('/');
      say(said, each.source, { releaseNamespace, stream }, each, log);
    }
    // They read much, and are in no hurry.
    if (now >= nextParts && streams !== undefined) {
      for (const each of await planParts({ settings, dependencies, cluster: client, now }, streams))
        say(said, each.part, { part: each.part }, each, log);
      nextParts = now + quietMs;
    }
    // A hold may end without any change.
    const quiet = new AbortController();
    const late = pause(quietMs, undefined, { signal: AbortSignal.any([signal, quiet.signal]) });
    await Promise.race([changed, late.catch(() => undefined)]);
    quiet.abort();
    await pause(gatherMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(watches.map((watch) => watch.close()));
}

/** A new release's name has the time in it, which is no change. */
const withoutTime = ({ would, because }: Forecast) =>
  JSON.stringify([would, because]).replaceAll(/\d{4}-\d\d-\d\d-\d{6}|created \S+ ago/g, '');

function say(said: Map<string, string>, key: string, about: object, forecast: Forecast, log: Logger): void {
  const text = withoutTime(forecast);
  if (said.get(key) === text) return;
  said.set(key, text);
  const { would, because } = forecast;
  log.info({ ...about, would, because }, would.length === 0 ? 'would do nothing' : 'would');
}
