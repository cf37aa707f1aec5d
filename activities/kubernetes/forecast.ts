import pLimit from 'p-limit';
import { annotation } from '../../domain/payload/annotations.ts';
import { parseReleaseConfig } from '../../domain/payload/config.ts';
import { isPayloadGarbage, withoutTags } from '../../domain/payload/garbage.ts';
import type { ImageStream, ObjectMeta, ReleasePayload } from '../../domain/payload/kinds.ts';
import { forecast, type Forecast } from '../../domain/operations/forecast.ts';
import { leftoversForecast, verdictsForecast, type Leftovers, type PartForecast } from '../../domain/operations/part-forecasts.ts';
import { garbageAmong, readCandidates, type Garbage } from './collect-activities.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams, releasePayloads } from './resources.ts';
import { findRetired } from './retention-activities.ts';
import { streamActivities } from './stream-activities.ts';

/** One stream in a dry run. */
export interface StreamForecast extends Forecast {
  /** name in the release config; that of the image stream where the config can not be read */
  stream: string;
  /** `namespace/name` of the image stream with the config */
  source: string;
  /** all releases that would be removed, or marked for somebody to remove */
  retired?: { target: string; tags: string[] };
}

/** What would be done to every stream that is driven, from the same look that the streams' workflows take. Writes nothing. */
export async function forecastStreams(dependencies: PayloadDependencies, now: number): Promise<StreamForecast[]> {
  const limit = pLimit(atOnce);
  const driven = await drivenStreams(dependencies);
  return Promise.all(driven.map((stream) => limit(() => forecastStream(dependencies, stream, now))));
}

/** Streams looked at together: those that share a target have it read once. */
const atOnce = 8;

async function forecastStream(dependencies: PayloadDependencies, driven: DrivenStream, now: number): Promise<StreamForecast> {
  const { namespace, name, config } = driven;
  const parsed = parseReleaseConfig(config);
  const look = await streamActivities(dependencies).surveyStream({ namespace, name }, now);
  const isDue = look.kind === 'usable' && !look.endOfLife && (look.retention?.due ?? 0) > 0;
  const found = isDue ? await findRetired(dependencies, { namespace, name }, now) : undefined;
  const tags = (found?.due ?? []).map((tag) => tag.name);
  return {
    stream: parsed.ok ? parsed.config.name : name,
    source: `${namespace}/${name}`,
    ...forecast(look, tags),
    ...(found === undefined ? {} : { retired: { target: `${namespace}/${found.stream.target.metadata.name}`, tags } }),
  };
}

export interface DrivenStream {
  namespace: string;
  name: string;
  /** as it is written in the annotation */
  config: string;
}

/** Image streams with a release config that are driven, by namespace and name. */
export async function drivenStreams({
  client,
  releaseNamespaces,
}: Pick<PayloadDependencies, 'client' | 'releaseNamespaces'>): Promise<DrivenStream[]> {
  const driven: DrivenStream[] = [];
  for (const namespace of [...(await releaseNamespaces.all())].toSorted()) {
    const { items } = await client.list<ImageStream>(imageStreams, namespace);
    for (const { metadata } of items) {
      const config = metadata.annotations?.[annotation.config];
      if (config !== undefined && releaseNamespaces.includes(namespace, metadata.name))
        driven.push({ namespace, name: metadata.name, config });
    }
  }
  return driven;
}

/** What would be done about finished releases, and about what removed ones leave behind: now, and after those are gone that are to go. */
export async function forecastRemains(
  dependencies: PayloadDependencies,
  streams: readonly StreamForecast[],
  at: number,
): Promise<PartForecast[]> {
  const { client, releaseNamespaces, softDeleteReleaseTags: soft } = dependencies;
  const candidates = await readCandidates(dependencies);
  const now = await garbageAmong(client, candidates);
  const going = new Map<string, string[]>();
  for (const { retired } of soft ? [] : streams)
    if (retired !== undefined) going.set(retired.target, [...(going.get(retired.target) ?? []), ...retired.tags]);
  const then = await garbageAmong(client, { ...candidates, live: withoutTags(candidates.live, going) });

  const payloads: ReleasePayload[] = [];
  for (const namespace of [...(await releaseNamespaces.all())].toSorted())
    payloads.push(...(await client.list<ReleasePayload>(releasePayloads, namespace)).items);
  const driven = new Set(streams.map(({ stream, source }) => `${source.split('/')[0]}/${stream}`));
  const owned = payloads.filter(
    ({ metadata, spec }) =>
      driven.has(`${metadata.namespace}/${spec.payloadCoordinates?.streamName}`) && !isPayloadGarbage(metadata, candidates.live),
  );
  return [verdictsForecast(owned, at), leftoversForecast(namesOf(now), without(namesOf(then), namesOf(now)))];
}

const namesOf = ({ payloads, mirrors, jobs }: Garbage): Leftovers => {
  const names = (objects: ObjectMeta[]) => objects.map(({ namespace = '', name }) => `${namespace}/${name}`).toSorted();
  return { payloads: names(payloads), mirrors: names(mirrors), jobs: names(jobs) };
};

function without(all: Leftovers, some: Leftovers): Leftovers {
  const rest = (kind: keyof Leftovers) => all[kind].filter((name) => !some[kind].includes(name));
  return { payloads: rest('payloads'), mirrors: rest('mirrors'), jobs: rest('jobs') };
}
