import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { KubernetesClient } from '../activities/kubernetes/client.ts';
import { forecastStreams, type StreamForecast } from '../activities/kubernetes/forecast.ts';
import { imageStreams, releasePayloads } from '../activities/kubernetes/resources.ts';
import { ListWatch } from '../api/list-watch.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { payloadDependencies } from './payload-activities.ts';

const gatherMs = 500;

/** A client through which nothing is written, whoever uses it. */
export function readOnlyClient({ kubeconfig }: Pick<Settings, 'kubeconfig'>): KubernetesClient {
  return KubernetesClient.connect(kubeconfig, { refusal: () => 'this is a dry run' });
}

/** What a worker would do now, stream by stream. */
export async function planOnce(settings: Settings, log: Logger, now: number): Promise<StreamForecast[]> {
  return forecastStreams(payloadDependencies(settings, readOnlyClient(settings), log), now);
}

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
  while (!signal.aborted) {
    const changed = new Promise<void>((resolve) => (wake = resolve));
    await say(said, await forecastStreams(dependencies, Date.now()).catch(onTrouble), log);
    // A hold may end without any change.
    const quiet = new AbortController();
    const late = pause(settings.reconcileMinutes * 60_000, undefined, { signal: AbortSignal.any([signal, quiet.signal]) });
    await Promise.race([changed, late.catch(() => undefined)]);
    quiet.abort();
    await pause(gatherMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(watches.map((watch) => watch.close()));
}

/** A new release's name has the time in it, which is no change. */
const withoutTime = ({ would, because }: StreamForecast) =>
  JSON.stringify([would, because]).replaceAll(/\d{4}-\d\d-\d\d-\d{6}|created \S+ ago/g, '');

async function say(said: Map<string, string>, forecasts: StreamForecast[] | void, log: Logger): Promise<void> {
  for (const each of forecasts ?? []) {
    const text = withoutTime(each);
    if (said.get(each.source) === text) continue;
    said.set(each.source, text);
    const [releaseNamespace, stream] = each.source.split('/');
    log.info(
      { releaseNamespace, stream, would: each.would, because: each.because },
      each.would.length === 0 ? 'would do nothing' : 'would',
    );
  }
}
