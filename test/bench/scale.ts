import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, ProwJob } from '../../domain/payload/kinds.ts';
import { imageStreams, prowJobs } from '../../activities/kubernetes/resources.ts';
import { namespace, usageOf, type BenchStack } from './bench-stack.ts';
import { aggregatedConfig, benchConfig, createSource, createTarget, importImage } from './bench-streams.ts';

/** 50 quiet streams and 10 busy ones; 6 targets of 500 finished releases, which both kinds share. */
const [quiet, busy, targets, tagsInTarget, jobsOfRelease] = [50, 10, 6, 500, 500];

export interface Scale {
  /** first image change to the last release annotated Accepted */
  acceptedMs: number;
  jobs: number;
  /** of the worker, at its highest */
  residentMiB: number;
  /** of the worker, over the whole run */
  cpuSeconds: number;
  /** longest history of a stream, a release or a verification, in events */
  longestHistory: number;
}

/** Ten releases of 500 ProwJobs each in verification at once, among 60 streams with 3,000 release tags. */
export async function measureScale(bench: BenchStack, worker: ChildProcess): Promise<Scale> {
  for (let target = 0; target < targets; target += 1) await createTarget(bench, `scale-${target}`, tagsInTarget);
  for (let stream = 0; stream < quiet; stream += 1)
    await createSource(bench, `quiet-${stream}`, benchConfig(`4.20.0-0.quiet${stream}`, `scale-${stream % targets}`, []));
  for (let stream = 0; stream < busy; stream += 1)
    await createSource(bench, `busy-${stream}`, aggregatedConfig(`4.21.0-0.busy${stream}`, `scale-${stream % targets}`, jobsOfRelease));
  await bench.until('every stream is looked after', async () => {
    const names = [...Array.from({ length: quiet }, (_, n) => `quiet-${n}`), ...Array.from({ length: busy }, (_, n) => `busy-${n}`)];
    return (await Promise.all(names.map((name) => bench.statusOf(`stream/${namespace}/${name}`)))).every((status) => status === 'RUNNING');
  });

  const pid = worker.pid ?? 0;
  const before = usageOf(pid).cpuSeconds;
  let residentMiB = 0;
  const sampling = setInterval(() => (residentMiB = Math.max(residentMiB, usageOf(pid).residentMiB)), 250);
  const began = performance.now();
  const input = { name: 'cli', from: { kind: 'DockerImage', name: 'quay.io/bench/cli:1' }, importPolicy: {} };
  await Promise.all(
    Array.from({ length: busy }, (_, stream) =>
      bench.kubernetes.patch(imageStreams, namespace, `busy-${stream}`, { spec: { tags: [input] } }),
    ),
  );
  await bench.until('all ten releases are accepted', async () => (await acceptedTags(bench)).length === busy, 600);
  const acceptedMs = performance.now() - began;
  clearInterval(sampling);
  const tags = await acceptedTags(bench);
  const { items } = await bench.kubernetes.list<ProwJob>(prowJobs, 'ci');
  const jobs = items.filter(({ metadata }) => tags.some((tag) => metadata.name.startsWith(tag.slice(0, 40)))).length;
  const ids = [
    ...Array.from({ length: busy }, (_, stream) => `stream/${namespace}/busy-${stream}`),
    ...tags.flatMap((tag) => [`release/${namespace}/${tag}`, `verification/${namespace}/${tag}`]),
  ];
  const lengths = await Promise.all(ids.map(async (id) => (await bench.temporal.workflow.getHandle(id).describe()).historyLength));
  return { acceptedMs, jobs, residentMiB, cpuSeconds: usageOf(pid).cpuSeconds - before, longestHistory: Math.max(...lengths) };
}

async function acceptedTags(bench: BenchStack): Promise<string[]> {
  const streams = await Promise.all(
    Array.from({ length: targets }, (_, target) => bench.kubernetes.get<ImageStream>(imageStreams, namespace, `scale-${target}`)),
  );
  const tags = streams.flatMap((stream) => stream?.spec?.tags ?? []);
  const isDone = (annotations: Record<string, string> | null | undefined) =>
    annotations?.[annotation.name]?.startsWith('4.21.0-0.busy') === true && annotations[annotation.phase] === 'Accepted';
  return tags.filter(({ annotations }) => isDone(annotations)).map(({ name }) => name);
}

export interface LongLife {
  /** events that the stream's workflow has written, over all its runs */
  events: number;
  runs: number;
  /** a worker that has never seen the workflow until its first answer */
  firstAnswerMs: number;
}

const wantedEvents = 10_000;

/** A stream that was told of very many changes, and a worker that meets it for the first time. */
export async function measureLongLife(bench: BenchStack, worker: ChildProcess): Promise<LongLife> {
  const [stream, target] = ['long', 'long-target'];
  await createTarget(bench, target, 100);
  await createSource(bench, stream, benchConfig('4.20.0-0.long', target, []));
  await importImage(bench, stream, `sha256:${'e'.repeat(64)}`);
  const handle = bench.temporal.workflow.getHandle(`stream/${namespace}/${stream}`);
  await bench.until('the stream is looked after', async () => (await handle.describe()).status.name === 'RUNNING');
  const lengths = new Map<string, number>();
  while ([...lengths.values()].reduce((sum, length) => sum + length, 0) < wantedEvents) {
    for (let times = 0; times < 50; times += 1) {
      await handle.signal('changed');
      await delay(20);
    }
    const { runId, historyLength } = await handle.describe();
    lengths.set(runId, historyLength);
  }
  // What a worker dies in the middle of waits for ten seconds, however long the history.
  await bench.until('the stream is at rest', async () => (await handle.describe()).raw.pendingWorkflowTask == null);
  await bench.stopProcess(worker, 'SIGKILL');
  await bench.startWorker();
  // The new worker answers at all: what follows is the replay of this stream alone.
  await bench.temporal.workflow.getHandle('watch/local/jobs').query('waiting');
  // Otherwise the question is put to the dead worker first, for ten seconds.
  const { namespace: temporalNamespace } = bench.temporal.options;
  await bench.temporal.workflowService.resetStickyTaskQueue({ namespace: temporalNamespace, execution: { workflowId: handle.workflowId } });
  const began = performance.now();
  await handle.query('waiting');
  const firstAnswerMs = performance.now() - began;
  return { events: [...lengths.values()].reduce((sum, length) => sum + length, 0), runs: lengths.size, firstAnswerMs };
}
