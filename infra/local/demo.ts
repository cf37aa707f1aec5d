import { setTimeout as delay } from 'node:timers/promises';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import type { ReleaseView } from '../../domain/payload/release-view.ts';
import { loadDemo, pushDemoImage } from '../demo/demo.ts';
import { demoNames } from '../demo/stream.ts';
import { releaseLine, resultLines } from './release-line.ts';
import type { LocalStack } from './stack.ts';
import type { LocalAddresses } from './state-directory.ts';
import { statusLine } from './status-line.ts';

export interface DemoIo {
  signal: AbortSignal;
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
export async function showDemo(stack: LocalStack, { waybill, registry }: LocalAddresses, io: DemoIo): Promise<number> {
  const client = KubernetesClient.connect(stack.addresses.kubeconfig);
  const patience = AbortSignal.any([io.signal, AbortSignal.timeout(longestMs)]);
  const status = statusLine();
  try {
    const { created } = await loadDemo({ client, registry, log: io.say });
    const before = await releases(waybill);
    if (!created && !before.some(isUnderWay)) await pushDemoImage({ client, registry, log: io.say });
    const finished = new Set(before.filter((release) => !isUnderWay(release)).map(({ name }) => name));
    const name = await poll(patience, async () => (await releases(waybill)).findLast((release) => !finished.has(release.name))?.name);
    const last = await poll(patience, async () => {
      const view = await answer<ReleaseView>(`${waybill}/api/waybill/v1/releases/${name}`);
      status.show(releaseLine(view));
      return isOver(view) ? view : undefined;
    });
    status.clear();
    for (const line of resultLines(last, waybill)) io.say(line);
    return last.phase === 'Accepted' ? 0 : 1;
  } catch (error) {
    const shown = status.clear();
    if (io.signal.aborted) return 1;
    io.say(
      patience.aborted
        ? `the demo's release is not accepted and audited after five minutes; last seen: ${shown || 'no release'}`
        : `the demo failed: ${(error as Error).message}`,
    );
    return 1;
  }
}

type Listed = Pick<ReleaseView, 'name' | 'phase'>;

/** Newest first. Of a stream that the server does not know yet there are none. */
async function releases(waybill: string): Promise<Listed[]> {
  const response = await fetch(`${waybill}/api/waybill/v1/releases?stream=${encodeURIComponent(demoNames.stream)}`);
  if (response.status === 404) return [];
  return ((await response.json()) as { releases: Listed[] }).releases;
}

const isUnderWay = ({ phase }: Listed) => phase === 'Pending' || phase === 'Ready';

const isOver = ({ phase, audit }: ReleaseView) =>
  phase === 'Rejected' || phase === 'Failed' || (phase === 'Accepted' && audit !== undefined);

async function answer<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return (await response.json()) as T;
}

/** A server that is being restarted is asked again. @throws when the signal aborts */
async function poll<T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await delay(lookEveryMs, undefined, { signal });
  }
}
