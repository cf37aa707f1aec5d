import pLimit from 'p-limit';
import { annotation } from '../../domain/payload/annotations.ts';
import { isStable, parseReleaseConfig, type ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { legacyDataSource, legacyFate, legacyRelease, readLegacyResults } from '../../domain/payload/legacy-results.ts';
import { buildReleasePayload } from '../../domain/payload/payload-spec.ts';
import { reconcileStatus } from '../../domain/payload/payload-status.ts';
import type { LegacyActivities, LegacyReport } from '../legacy-contract.ts';
import { isAlreadyExists } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { updateStatus } from './payload-store.ts';
import { imageStreams, releasePayloads } from './resources.ts';

type LegacyDependencies = Pick<PayloadDependencies, 'client' | 'releaseNamespaces' | 'jobNamespace' | 'prowNamespace'>;

const migratedAtOnce = 8;
const examples = 20;

/** Gives releases that are older than payloads theirs, with the verdict and the results that their tags bear. */
export function legacyActivities(dependencies: LegacyDependencies): LegacyActivities {
  const { client, releaseNamespaces } = dependencies;

  return {
    async listStableStreams() {
      const namespaces = [...(await releaseNamespaces.all())].toSorted();
      const lists = await Promise.all(namespaces.map((namespace) => client.list<ImageStream>(imageStreams, namespace)));
      const streams = lists.flatMap(({ items }) => items).filter((stream) => stableConfig(stream) !== undefined);
      return streams.map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
    },

    async migrateLegacyStream({ namespace, name }, dryRun) {
      const report: LegacyReport = { migrated: 0, present: 0, aliases: 0, unfinished: 0, withoutResults: [] };
      const stream = await client.get<ImageStream>(imageStreams, namespace, name);
      const config = stream && stableConfig(stream);
      if (stream === undefined || config === undefined) return report;
      const limit = pLimit(migratedAtOnce);
      const fates = (stream.spec?.tags ?? []).map((tag) => limit(() => migrate(dependencies, { stream, config, tag }, dryRun)));
      for (const fate of await Promise.all(fates)) {
        report[fate.kind] += 1;
        if (fate.problem !== undefined && report.withoutResults.length < examples) report.withoutResults.push(fate.problem);
      }
      return report;
    },
  };
}

interface LegacyTag {
  stream: ImageStream;
  config: ReleaseConfig;
  tag: TagReference;
}

interface Fate {
  kind: 'migrated' | 'present' | 'aliases' | 'unfinished';
  problem?: string;
}

/** A migration that was interrupted left a payload without a status, which gets one now. */
async function migrate(dependencies: LegacyDependencies, { stream, config, tag }: LegacyTag, dryRun: boolean): Promise<Fate> {
  const fate = legacyFate(tag);
  if (fate !== 'migrate') return { kind: fate === 'alias' ? 'aliases' : 'unfinished' };
  const { client } = dependencies;
  const { namespace = '', name: target } = stream.metadata;
  const present = await client.get<ReleasePayload>(releasePayloads, namespace, tag.name);
  if (present !== undefined && !isHalfMigrated(present)) return { kind: 'present' };

  const results = readLegacyResults(tag, `${namespace}/${target}:${tag.name}`);
  const migrated: Fate = { kind: 'migrated', ...(typeof results === 'string' ? { problem: results } : {}) };
  if (dryRun) return migrated;
  if (present === undefined) await createPayload(dependencies, { stream, config, tag });
  const facts = { creationJob: null, mirrorJob: null, prowJobs: [], notRun: [], overdue: [], asyncEntries: [] };
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await updateStatus(client, namespace, tag.name, (payload) =>
    isHalfMigrated(payload) ? reconcileStatus(payload, { ...facts, now, legacy: legacyRelease(stream, tag) }) : (payload.status ?? {}),
  );
  return migrated;
}

async function createPayload(
  { client, jobNamespace, prowNamespace }: LegacyDependencies,
  { stream, config, tag }: LegacyTag,
): Promise<void> {
  try {
    await client.create(
      releasePayloads,
      buildReleasePayload({ config, tag, target: stream, jobNamespace, prowNamespace, dataSource: legacyDataSource }),
    );
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

function isHalfMigrated({ spec, status }: ReleasePayload): boolean {
  return status === undefined && spec.payloadVerificationConfig?.payloadVerificationDataSource === legacyDataSource;
}

function stableConfig({ metadata }: ImageStream): ReleaseConfig | undefined {
  const parsed = parseReleaseConfig(metadata.annotations?.[annotation.config] ?? '');
  return parsed.ok && isStable(parsed.config) ? parsed.config : undefined;
}
