import type { Client } from '@temporalio/client';
import type { ImageStream, ProwJob } from '../../domain/payload/kinds.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { imageStreams, prowJobs } from '../../activities/kubernetes/resources.ts';
import { namespace, type BenchStack } from './bench-stack.ts';
import { aggregatedConfig, benchConfig, createSource, createTarget, jobNames, largestPlainConfig } from './bench-streams.ts';

export interface ReleaseRun {
  jobs: number;
  /** image change to tag annotated Accepted */
  acceptedMs: number;
  /** payload Ready to the last ProwJob created */
  allStartedMs: number;
  actions: number;
  historyBytes: number;
}

/** One release with everything played at once: its jobs end as soon as they are seen. */
export async function measureRelease(bench: BenchStack, jobs: number): Promise<ReleaseRun> {
  const [target, source] = [`run-${jobs}`, `run-${jobs}-input`];
  await createTarget(bench, target, 0);
  const name = `4.20.0-0.run${jobs}`;
  const config = jobs > largestPlainConfig ? aggregatedConfig(name, target, jobs) : benchConfig(name, target, jobNames(jobs));
  await createSource(bench, source, config);
  let tag = '';
  let readyAt = 0;
  const reached = (stream: ImageStream) => {
    const release =
      stream.metadata.name === target
        ? stream.spec?.tags?.find(({ annotations }) => annotations?.[annotation.name] === config.name)
        : undefined;
    const phase = release?.annotations?.[annotation.phase];
    if (phase === 'Ready' && readyAt === 0) readyAt = Date.now();
    tag = release?.name ?? tag;
    return phase === 'Accepted' || phase === 'Rejected' || phase === 'Failed';
  };
  const wanted = { name: 'cli', from: { kind: 'DockerImage', name: 'quay.io/bench/cli:1' }, importPolicy: {} };
  const { ms: acceptedMs } = await bench.timeUntil<ImageStream>(imageStreams, namespace, reached, () =>
    bench.kubernetes.patch(imageStreams, namespace, source, { spec: { tags: [wanted] } }),
  );
  const runs = (await bench.kubernetes.list<ProwJob>(prowJobs, 'ci')).items.filter(({ metadata }) => metadata.name.startsWith(tag));
  if (runs.length !== jobs) throw new Error(`${jobs} jobs expected, ${runs.length} made`);
  await bench.until('the release is signed', async () => (await bench.statusOf(`release/${namespace}/${tag}`)) === 'COMPLETED');
  const lastStarted = Math.max(...runs.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '')));
  const mirror = `${source}${tag.slice(config.name.length)}`;
  const image = (await bench.kubernetes.get<ImageStream>(imageStreams, namespace, target))?.status?.tags?.find(
    (status) => status.tag === tag,
  )?.items?.[0]?.image;
  const workflows = [
    `release/${namespace}/${tag}`,
    `mirror/${namespace}/${mirror}`,
    `creation/${namespace}/${tag}`,
    `verification/${namespace}/${tag}`,
    `stream/${namespace}/${source}`,
    auditWorkflowId(image ?? ''),
  ];
  return { jobs, acceptedMs, allStartedMs: Math.max(0, lastStarted + 1000 - readyAt), ...(await costOf(bench.temporal, workflows)) };
}

/** Actions as Temporal Cloud bills them, counted in the histories: starts, children twice, activities, workflow tasks with local activities, timers, messages, search attributes. */
async function costOf(client: Client, workflowIds: string[]): Promise<{ actions: number; historyBytes: number }> {
  let [actions, historyBytes] = [0, 0];
  for (const workflowId of workflowIds) {
    const handle = client.workflow.getHandle(workflowId);
    const { events = [] } = await handle.fetchHistory();
    const tasksWithLocal = new Set(
      events?.flatMap(({ markerRecordedEventAttributes: marker }) => (marker ? [String(marker.workflowTaskCompletedEventId)] : [])),
    );
    const weigh = (event: NonNullable<typeof events>[number]): number => {
      if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
      const single =
        event.workflowExecutionStartedEventAttributes ??
        event.workflowExecutionSignaledEventAttributes ??
        event.activityTaskScheduledEventAttributes ??
        event.timerStartedEventAttributes;
      return single || event.upsertWorkflowSearchAttributesEventAttributes || event.signalExternalWorkflowExecutionInitiatedEventAttributes
        ? 1
        : 0;
    };
    actions += (events ?? []).reduce((sum, event) => sum + weigh(event), tasksWithLocal.size);
    historyBytes += Number((await handle.describe()).raw.workflowExecutionInfo?.historySizeBytes ?? 0);
  }
  return { actions, historyBytes };
}
