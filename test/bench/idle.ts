import type { ChildProcess } from 'node:child_process';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { namespace, usageOf, type BenchStack } from './bench-stack.ts';
import { benchConfig, createAcceptedPayload, createSource, finishedTag, importImage } from './bench-streams.ts';
import { inputHash } from '../../domain/payload/input-hash.ts';

const [streams, releases, seconds] = [50, 1_000, 30];

export interface Idle {
  residentMiB: number;
  cpuShare: number;
  catchUpMs: number;
}

/** A quiet installation: so many streams whose images have a release, and so many finished releases; then a change while no worker runs. */
export async function measureIdle(bench: BenchStack, worker: ChildProcess): Promise<Idle> {
  await fill(bench);
  const isWaiting = async (index: number) => (await bench.statusOf(`stream/${namespace}/idle-${index}`)) === 'RUNNING';
  await bench.until('every stream is looked after', async () =>
    (await Promise.all(Array.from({ length: streams }, (_, index) => isWaiting(index)))).every(Boolean),
  );
  // What the streams' first looks left in memory is collected a while later.
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const before = usageOf(worker.pid ?? 0);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = usageOf(worker.pid ?? 0);

  await bench.stopProcess(worker, 'SIGKILL');
  await importImage(bench, 'idle-0', `sha256:${'d'.repeat(64)}`);
  const isNew = (payload: ReleasePayload) =>
    payload.spec.payloadCoordinates?.streamName === '4.20.0-0.idle0' && payload.status === undefined;
  const { ms: catchUpMs } = await bench.timeUntil<ReleasePayload>(releasePayloads, namespace, isNew, () => bench.startWorker());
  return { residentMiB: after.residentMiB, cpuShare: (after.cpuSeconds - before.cpuSeconds) / seconds, catchUpMs };
}

async function fill(bench: BenchStack): Promise<void> {
  const hash = inputHash({
    apiVersion: '',
    kind: '',
    metadata: { name: '' },
    status: {
      tags: [{ tag: 'cli', items: [{ created: '', dockerImageReference: '', image: `sha256:${'c'.repeat(64)}`, generation: 1 }] }],
    },
  });
  const tags = Array.from({ length: releases }, (_, index) => {
    const stream = index % streams;
    const tag = finishedTag(
      `4.20.0-0.idle${stream}-2026-01-01-${String(index).padStart(6, '0')}`,
      `${namespace}/idle-${stream}`,
      `4.20.0-0.idle${stream}`,
    );
    return { ...tag, annotations: { ...tag.annotations, [annotation.hash]: hash } };
  });
  await bench.create(imageStreams, {
    metadata: { namespace, name: 'idle', annotations: { [annotation.hasReleases]: 'true' } },
    spec: { tags },
  });
  for (let from = 0; from < releases; from += 20) {
    await Promise.all(
      tags.slice(from, from + 20).map(({ name }) => createAcceptedPayload(bench, name, 'idle', name.split('-2026')[0] ?? '')),
    );
  }
  for (let stream = 0; stream < streams; stream += 1) {
    await createSource(bench, `idle-${stream}`, benchConfig(`4.20.0-0.idle${stream}`, 'idle', []));
    await importImage(bench, `idle-${stream}`, `sha256:${'c'.repeat(64)}`);
  }
}
