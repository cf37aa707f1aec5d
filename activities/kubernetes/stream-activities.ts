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
import type { Age } from './client.ts';
import { reportEvent } from './events.ts';
import { imageStreams } from './resources.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { surveyRetention } from './retention-activities.ts';
import { surveyPublishing } from './publish-activities.ts';
import { ensurePayload } from './payload-store.ts';
import { phasesOf, readStream, readStreamOf, type ReadStream } from './stream-reader.ts';
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

  const readOurs = async (stream: StreamId, age?: Age): Promise<ReadStream> => {
    const [read, isOurs] = await Promise.all([readStream(client, stream, age), releaseNamespaces.drives(stream.namespace, stream.name)]);
    // A namespace may cease to be one of ours; when it is again, its streams are begun anew.
    return isOurs ? read : { kind: 'gone' };
  };

  const survey = async (stream: StreamId, read: ReadStream, now: number): Promise<{ answer: StreamSurvey; read?: Surveyed }> => {
    if (read.kind === 'gone') return { answer: { kind: 'gone' } };
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

  /** @returns with `created` where a release was to be created and nothing had to be done before it */
  const lookAndCreate = async (stream: StreamId, read: ReadStream, now: number): Promise<StreamSurvey> => {
    const { answer, read: looked } = await survey(stream, read, now);
    const isNext = answer.kind === 'usable' && answer.targetMarked && !answer.endOfLife && answer.aborted.length === 0;
    if (!isNext || answer.planned === undefined || looked === undefined) return answer;
    return { ...answer, created: await create(looked, answer.planned) };
  };

  const create = async (read: Surveyed, planned: PlannedRelease): Promise<boolean> => {
    const tag = await placeTag(dependencies, read, planned);
    if (tag === undefined) return false;
    await ensurePayload(client, { config: read.config, target: read.target, tag }, dependencies);
    return true;
  };

  return {
    async advanceStream(stream, now) {
      // A release may be planned from a target that is some moments old: its tag is written only if that is still as it was.
      const recent = await readOurs(stream, 'remembered');
      const hopeful = hasNewImages(recent, now) ? await lookAndCreate(stream, recent, now) : undefined;
      if (hopeful?.kind === 'usable' && hopeful.created === true) return hopeful;
      return lookAndCreate(stream, recent.kind === 'read' ? await readStreamOf(client, recent.source) : recent, now);
    },

    async surveyStream(stream, now) {
      const { answer, read } = await survey(stream, await readOurs(stream), now);
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
      const read = remembered?.plan.create?.tag === planned.tag ? remembered : (await survey(stream, await readOurs(stream), now)).read;
      return read !== undefined && create(read, planned);
    },

    reportProblem: (stream, problem) => reportEvent(client, stream, problem),
  };
}

/** Whether a release would be created, by what the tags say of their phases: a stream that is held is looked at once. */
function hasNewImages(read: ReadStream, now: number): boolean {
  return read.kind === 'read' && planStream({ ...read, phases: {}, now }).create !== undefined;
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
