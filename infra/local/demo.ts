import { setTimeout as delay } from 'node:timers/promises';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { processIo } from '../../cli/io.ts';
import { LiveProgress, progressLine } from '../../cli/progress.ts';
import type { ReleaseView } from '../../domain/payload/release-view.ts';
import { loadDemo, pushDemoImage } from '../demo/demo.ts';
import { demoNames } from '../demo/stream.ts';
import type { LocalAddresses } from './state-directory.ts';

export interface DemoIo {
  signal: AbortSignal;
  /** one line for people */
  say: (line: string) => void;
}

const lookEveryMs = 300;
const longestMs = 5 * 60_000;

/**
 * Loads the demo, changes an image unless a release is on its way already, and shows that release until it is
 * accepted and audited, or will never be.
 *
 * @returns 0 when it is accepted and audited; 1 when not, or not within five minutes, having said why
 */
export async function showDemo({ waybill, registry, kubeconfig }: LocalAddresses, { signal, say }: DemoIo): Promise<number> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  const progress = new LiveProgress(processIo());
  let seen: ReleaseView | undefined;
  try {
    const name = await beginRelease({ client: KubernetesClient.connect(kubeconfig), registry, log: say }, waybill, patience);
    const look = async () => {
      seen = await ask<ReleaseView>(`${waybill}/api/waybill/v1/releases/${name}`);
      progress.show(seen);
      return isOver(seen) ? seen : undefined;
    };
    const last = await poll(patience, look);
    progress.clear();
    for (const line of resultLines(last)) say(line);
    return last.phase === 'Accepted' ? 0 : 1;
  } catch (error) {
    progress.clear();
    if (!signal.aborted) say(patience.aborted ? tooLong(seen) : `the demo failed: ${(error as Error).message}`);
    return 1;
  }
}

/** @returns the release that is on its way, which began now if there was none */
async function beginRelease(demo: Parameters<typeof loadDemo>[0], waybill: string, patience: AbortSignal): Promise<string> {
  const { created } = await loadDemo(demo);
  const before = await releases(waybill);
  if (!created && !before.some(isUnderWay)) await pushDemoImage(demo);
  const finished = new Set(before.filter((release) => !isUnderWay(release)).map(({ name }) => name));
  return poll(patience, async () => (await releases(waybill)).findLast(({ name }) => !finished.has(name))?.name);
}

type Listed = Pick<ReleaseView, 'name' | 'phase'>;

const isUnderWay = ({ phase }: Listed) => phase === 'Pending' || phase === 'Ready';

const isOver = ({ phase, audit }: ReleaseView) =>
  phase === 'Rejected' || phase === 'Failed' || (phase === 'Accepted' && audit !== undefined);

/** Newest first; none while the server does not know the stream. */
async function releases(waybill: string): Promise<Listed[]> {
  const response = await fetch(`${waybill}/api/waybill/v1/releases?stream=${encodeURIComponent(demoNames.stream)}`);
  return response.ok ? ((await response.json()) as { releases: Listed[] }).releases : [];
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return (await response.json()) as T;
}

/** A server that is being started again is asked again. @throws when the signal aborts */
async function poll<T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await delay(lookEveryMs, undefined, { signal });
  }
}

function resultLines({ name, phase, reasons, audit, summary }: ReleaseView): string[] {
  const { succeeded, failed, total } = summary.all;
  return [
    `${name} is ${phase}: ${succeeded} of ${total} jobs succeeded, ${failed} failed`,
    ...(phase === 'Accepted' ? [] : reasons.map((reason) => `  ${reason}`)),
    ...(audit === undefined ? [] : [`  signature  ${audit.signature}`, `  record     ${audit.record}`]),
    `  npx waybill release why ${name}   says why`,
    '  npx waybill demo push   changes an image again, for the next release',
  ];
}

function tooLong(seen: ReleaseView | undefined): string {
  const minutes = longestMs / 60_000;
  if (seen === undefined) {
    // The likeliest reason after a change of the code, and one that no release can tell.
    return `the demo has no release after ${minutes} minutes; the worker's log may say why. Workflows that another version began may not go on: npm start -- --fresh begins anew`;
  }
  return [`not accepted and audited after ${minutes} minutes: ${progressLine(seen)}`, ...seen.reasons.map((reason) => `  ${reason}`)].join(
    '\n',
  );
}
