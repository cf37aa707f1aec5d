import { annotation } from '../../domain/payload/annotations.ts';
import type { ReleaseConfig } from '../../domain/payload/config.ts';
import { periodicsMark } from '../../domain/payload/periodic.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { planStream, type StreamPlan } from '../../domain/payload/stream-plan.ts';
import { unmarkedReleases } from '../../domain/payload/verdict-marks.ts';
import { streamUsable } from '../../domain/payload/stream-usable.ts';
import type { PayloadActivities, PlannedRelease, StreamId, StreamSurvey } from '../contract.ts';
import type { PublishSurvey } from '../publish-contract.ts';
import type { RetentionSurvey } from '../retention-contract.ts';
import { reportEvent } from './events.ts';
import { imageStreams } from './resources.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { surveyRetention } from './retention-activities.ts';
import { surveyPublishing } from './publish-activities.ts';
import { ensurePayload } from './payload-store.ts';
import { phasesOf, readStream } from './stream-reader.ts';
import { addTag } from './tag-writer.ts';

type StreamActivities = Pick<PayloadActivities, 'surveyStream' | 'advanceStream' | 'markTarget' | 'createRelease' | 'reportProblem'>;

/** Enough to know that there are some; all are marked at once. */
const toldOfUnmarked = 20;

interface Surveyed {
  source: ImageStream;
  config: ReleaseConfig;
  target: ImageStream;
  plan: StreamPlan;
}

/** What the `stream` workflow asks of the cluster. */
export function streamActivities(dependencies: PayloadDependencies): StreamActivities {
  const { client, releaseNamespaces } = dependencies;
  // What was just surveyed is written to without reading a megabyte again; its resource version guards the write.
  const surveyed = new Map<string, Surveyed>();
  const keyOf = ({ namespace, name }: StreamId) => `${namespace}/${name}`;

  const survey = async (stream: StreamId, now: number): Promise<{ answer: StreamSurvey; read?: Surveyed }> => {
    const [read, isOurs] = await Promise.all([readStream(client, stream), releaseNamespaces.drives(stream.namespace, stream.name)]);
    // A namespace may cease to be one of ours; when it is again, its streams are begun anew.
    if (read.kind === 'gone' || !isOurs) return { answer: { kind: 'gone' } };
    if (read.kind === 'invalid') return { answer: invalid(stream, read.message) };
    const { source, config, target } = read;
    const usable = streamUsable(source, target, config);
    if (!usable.ok || target === undefined)
      return { answer: { kind: 'unusable', why: usable.ok ? `there is no ImageStream ${config.to}` : usable.why } };
    const phases = await phasesOf(client, source, target);
    const plan = planStream({ source, config, target, phases, now });
    const publish = await surveyPublishing(dependencies, { source, config, target, phases });
    const retention = surveyRetention(dependencies, { source, config, target, phases }, now);
    const unmarked = unmarkedReleases({ source, config, target, phases }).slice(0, toldOfUnmarked);
    return {
      answer: answerOf(config, target, plan, {
        ...(unmarked.length > 0 && { unmarked }),
        ...(publish && { publish }),
        ...(retention && { retention }),
      }),
      read: { source, config, target, plan },
    };
  };

  const activities: StreamActivities = {
    async advanceStream(stream, now) {
      const found = await activities.surveyStream(stream, now);
      const isNext = found.kind === 'usable' && found.targetMarked && !found.endOfLife && found.aborted.length === 0;
      if (!isNext || found.planned === undefined) return found;
      return { ...found, created: await activities.createRelease(stream, found.planned, now) };
    },

    async surveyStream(stream, now) {
      const { answer, read } = await survey(stream, now);
      if (read?.plan.create !== undefined) surveyed.set(keyOf(stream), read);
      else surveyed.delete(keyOf(stream));
      return answer;
    },

    async markTarget({ namespace, name }) {
      await client.patch(imageStreams, namespace, name, { metadata: { annotations: { [annotation.hasReleases]: 'true' } } });
    },

    async createRelease(stream, planned, now) {
      const remembered = surveyed.get(keyOf(stream));
      surveyed.delete(keyOf(stream));
      const read = remembered?.plan.create?.tag === planned.tag ? remembered : (await survey(stream, now)).read;
      if (read === undefined) return false;
      const tag = await placeTag(dependencies, read, planned);
      if (tag === undefined) return false;
      await ensurePayload(client, { config: read.config, target: read.target, tag }, dependencies);
      return true;
    },

    reportProblem: (stream, problem) => reportEvent(client, stream, problem),
  };
  return activities;
}

/** @returns the tag as it stands in the target; undefined when it is not to be made any more */
async function placeTag({ client }: PayloadDependencies, { source, target, plan }: Surveyed, planned: PlannedRelease) {
  const existing = target.spec?.tags?.find(({ name }) => name === planned.tag);
  const ours = `${source.metadata.namespace}/${source.metadata.name}`;
  if (existing !== undefined) return existing.annotations?.[annotation.source] === ours ? existing : undefined;
  const reference = plan.create?.tagReference;
  if (reference === undefined || plan.hash !== planned.hash) return undefined;
  const tag = { ...reference, name: planned.tag };
  return (await addTag(client, target, tag)) ? tag : undefined;
}

function invalid({ name }: StreamId, error: string): StreamSurvey {
  return {
    kind: 'invalid',
    problem: { reason: 'InvalidReleaseDefinition', message: `the ${annotation.config} annotation for ${name} is invalid: ${error}` },
  };
}

function answerOf(
  config: ReleaseConfig,
  target: ImageStream,
  plan: StreamPlan,
  more: { unmarked?: string[]; publish?: PublishSurvey; retention?: RetentionSurvey },
): StreamSurvey {
  const name = target.metadata.name;
  const periodics = periodicsMark(config);
  return {
    kind: 'usable',
    stream: config.name,
    target: name,
    endOfLife: config.endOfLife,
    targetMarked: !plan.markTarget,
    ...(plan.create === undefined ? {} : { planned: { tag: plan.create.tag, target: name, hash: plan.hash } }),
    ...(plan.hold === undefined
      ? {}
      : { hold: { why: plan.hold.message, ...(plan.hold.until === undefined ? {} : { until: plan.hold.until }) } }),
    unfinished: [
      ...plan.pending.map((tag) => ({ tag, phase: 'Pending' as const })),
      ...plan.ready.map((tag) => ({ tag, phase: 'Ready' as const })),
    ],
    aborted: plan.aborted,
    ...more,
    ...(periodics === '' ? {} : { periodics }),
    ...(plan.adopt === undefined ? {} : { adopt: plan.adopt }),
    ...(plan.waiting === undefined ? {} : { waiting: plan.waiting }),
  };
}
