import { annotation, label } from '../../../domain/payload/annotations.ts';
import { isStable, parseReleaseConfig, type ReleaseConfig } from '../../../domain/payload/config.ts';
import type { ImageStream, PeriodicDefinition, Phase, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { reconcileStatus, sameStatus } from '../../../domain/payload/payload-status.ts';
import { buildReleasePayload } from '../../../domain/payload/payload-spec.ts';
import { payloadPhase, tagPhase } from '../../../domain/payload/phase.ts';
import { buildProwJob } from '../../../domain/payload/prow-job.ts';
import { releasePullSpec } from '../../../domain/payload/pull-spec.ts';
import { rfc3339 } from '../../../domain/payload/tag-name.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import type { PlayedCluster } from './played-cluster.ts';

/*
 * What the activities of the played workflows read and write. Generators yield before every write, so that anything may
 * happen there.
 */

export const [namespace, jobNamespace, prowNamespace] = ['ocp', 'ci-release', 'ci'];

/** The cluster at a time. */
export interface Played {
  cluster: PlayedCluster;
  now: number;
}

/** A stream as the activities read it. */
export interface Read {
  source: ImageStream;
  config: ReleaseConfig;
  target: ImageStream;
}

/** Each config is parsed once for all the looks. */
const parsedConfigs = new Map<string, ReturnType<typeof parseReleaseConfig>>();

export function readStream({ cluster }: Played, name: string): Read | undefined {
  const source = cluster.get('imagestreams', name);
  const text = source?.metadata.annotations?.[annotation.config] ?? '{}';
  const parsed = parsedConfigs.get(text) ?? parseReleaseConfig(text);
  parsedConfigs.set(text, parsed);
  if (source === undefined || !parsed.ok) return undefined;
  const target = isStable(parsed.config) ? source : cluster.get('imagestreams', parsed.config.to);
  return target === undefined ? undefined : { source, config: parsed.config, target };
}

export function readRelease(played: Played, name: string): (Read & { tag: TagReference }) | undefined {
  const tags = played.cluster.list('imagestreams').flatMap(({ spec }) => spec?.tags ?? []);
  const tag = tags.find((each) => each.name === name && each.annotations?.[annotation.source] !== undefined);
  const read = readStream(played, tag?.annotations?.[annotation.source]?.split('/')[1] ?? '');
  return tag === undefined || read === undefined ? undefined : { ...read, tag };
}

export function prowJobOf(read: Read & { tag: TagReference }, run: VerificationRun, now: number) {
  const definition: PeriodicDefinition = {
    name: run.definition,
    agent: 'kubernetes',
    cluster: 'build01',
    spec: { containers: [{ name: 'test', image: 'ci-operator', args: [] }] },
  };
  const built = buildProwJob({
    run,
    definition,
    tag: read.tag.name,
    namespace: prowNamespace,
    source: `${namespace}/${read.source.metadata.name}`,
    entry: { upgrade: false, multiJobAnalysis: false, prowJobName: run.definition },
    pullSpec: releasePullSpec(read),
    architecture: 'amd64',
    schedulerEnabled: false,
    now: rfc3339(now),
  });
  if (built.kind !== 'job') throw new Error(`${run.name}: ${built.kind}`);
  return built.job;
}

export const runsOf = (cluster: PlayedCluster, tag: string) =>
  cluster.list('prowjobs').filter(({ metadata }) => metadata.labels?.[label.payload] === tag);

/** @returns undefined when somebody else wrote meanwhile */
export function* observed(
  { cluster, now }: Played,
  name: string,
  runs = runsOf(cluster, name),
): Generator<void, ReleasePayload | undefined> {
  const payload = cluster.get('payloads', name);
  if (payload === undefined) return undefined;
  const built = payloadPhase(payload) !== 'Pending';
  const facts = {
    creationJob: cluster.get('jobs', name) ?? null,
    mirrorJob: null,
    prowJobs: built ? runs : [],
    notRun: [],
    overdue: [],
    asyncEntries: [],
    now: rfc3339(now),
  };
  const status = reconcileStatus(payload, facts);
  if (sameStatus(payload.status, status)) return payload;
  yield;
  return cluster.replace('payloads', { ...payload, status }) ? cluster.get('payloads', name) : undefined;
}

/** As they are read for a look: a verdict on the tag is believed, everything else is asked for. */
export function phasesOf(cluster: PlayedCluster, target: ImageStream): Record<string, Phase> {
  const phases = (target.spec?.tags ?? []).map((tag) => {
    const said = tagPhase(undefined, tag);
    const payload = ['', 'Pending', 'Ready'].includes(said) ? cluster.get('payloads', tag.name) : undefined;
    return [tag.name, payload === undefined ? said : payloadPhase(payload)];
  });
  return Object.fromEntries(phases.filter(([, phase]) => phase !== '')) as Record<string, Phase>;
}

export const payloadOf = ({ config, target }: Read, tag: TagReference, now: number): ReleasePayload => {
  const payload = buildReleasePayload({ config, target, tag, jobNamespace, prowNamespace });
  return { ...payload, metadata: { ...payload.metadata, creationTimestamp: rfc3339(now) } };
};

export const withTags = (target: ImageStream, tags: TagReference[]): ImageStream => ({ ...target, spec: { ...target.spec, tags } });
export const annotated = (object: ImageStream, more: Record<string, string>): ImageStream => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...more } },
});

/** Read and written as one, since a write that loses is repeated. Setting a phase clears an older reason. */
export function annotateTag(
  cluster: PlayedCluster,
  tag: string,
  mark: { phase?: string; reason?: string; message?: string; hash?: string },
): void {
  const keys = mark.phase === undefined ? (['hash'] as const) : (['phase', 'reason', 'message'] as const);
  const stream = cluster.list('imagestreams').find(({ spec }) => spec?.tags?.some(({ name }) => name === tag));
  if (stream === undefined) return;
  const changed = (each: TagReference): TagReference => {
    const entries = Object.entries({ ...each.annotations, ...Object.fromEntries(keys.map((key) => [annotation[key], mark[key] ?? ''])) });
    return { ...each, annotations: Object.fromEntries(entries.filter(([, value]) => value !== '')) };
  };
  const tags = (stream.spec?.tags ?? []).map((each) => (each.name === tag ? changed(each) : each));
  if (JSON.stringify(tags) !== JSON.stringify(stream.spec?.tags)) cluster.replace('imagestreams', withTags(stream, tags));
}
