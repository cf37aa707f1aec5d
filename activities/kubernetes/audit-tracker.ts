import pLimit from 'p-limit';
import { auditRecordsFolder } from '../../domain/audit/audit-record.ts';
import { eligibleReleases, planAudits, withoutRecord, type EligibleRelease } from '../../domain/audit/audit-tracker.ts';
import { signaturesFolder, signedDigests } from '../../domain/audit/signature-path.ts';
import type { AuditPolicy } from '../../domain/audit/verification-policy.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { imageIdForTag } from '../../domain/payload/pull-spec.ts';
import type { AuditTrackerActivities } from '../audit-tracker-contract.ts';
import { RegistryRefused } from '../registry-requests.ts';
import type { RegistryReads } from '../registry-reads.ts';
import type { SignatureStore } from '../signature-store.ts';
import type { KubernetesClient } from './client.ts';
import type { ReleaseNamespaces } from './release-namespaces.ts';
import { imageStreams } from './resources.ts';
import { phasesOf, readStreamOf } from './stream-reader.ts';

export interface TrackerDependencies {
  client: KubernetesClient;
  releaseNamespaces: ReleaseNamespaces;
  store: SignatureStore;
  policy: AuditPolicy;
  digestOf: RegistryReads['digestOf'];
}

type Candidate = EligibleRelease & { digest: string };

const askedAtOnce = 8;
/** A registry that does not answer must not keep a look from its end. */
const askedAtMost = 100;
/** The tag of a release seldom moves, one that is not there seldom comes, and each costs a request. */
const believedMs = 6 * 3_600_000;

/** Finds releases that ought to be signed and are not. Reads only. */
export function trackerActivities({
  client,
  releaseNamespaces,
  store,
  policy,
  digestOf,
}: TrackerDependencies): Pick<AuditTrackerActivities, 'planAudits'> {
  const digests = new AskedDigests(digestOf);
  return {
    async planAudits(memory) {
      const namespaces = [...(await releaseNamespaces.all())].toSorted();
      const found: Candidate[] = [];
      // One after the other: the image streams of a namespace are large.
      for (const namespace of namespaces) found.push(...(await candidatesIn(namespace)));
      const { candidates, refused } = await digests.complete(found);
      // After the cluster: a release that was signed while that was read is not taken for one without a signature.
      const signed = signedDigests(await store.list(signaturesFolder));
      const digested = candidates.filter(({ digest }) => digest !== '');
      const unsigned = digested.filter(({ digest }) => !signed.has(digest));
      const unrecorded = await withoutRecord(
        digested.filter(({ digest }) => signed.has(digest)),
        async () => new Set(await store.list(auditRecordsFolder)),
      );
      const undigested = candidates.length - digested.length;
      return {
        ...planAudits([...unsigned, ...unrecorded], memory, Date.now()),
        eligible: candidates.length,
        undigested,
        ...(refused === undefined ? {} : { refused }),
      };
    },
  };

  async function candidatesIn(namespace: string): Promise<Candidate[]> {
    const { items } = await client.list<ImageStream>(imageStreams, namespace);
    const byName = new Map(items.map((stream) => [stream.metadata.name, stream]));
    const candidates: Candidate[] = [];
    for (const stream of items) {
      if (!releaseNamespaces.includes(namespace, stream.metadata.name)) continue;
      const read = await readStreamOf(client, stream, undefined, (_, name) => byName.get(name));
      // A stream that can not be read says so itself.
      if (read.kind !== 'read' || read.target === undefined) continue;
      const { source, config, target } = read;
      const phases = await phasesOf(client, source, target);
      const eligible = eligibleReleases({ source, config, target, phases }, policy);
      candidates.push(...eligible.map((release) => ({ ...release, digest: imageIdForTag(target, release.tag) })));
    }
    return candidates;
  }
}

interface Answer {
  /** empty where nobody knows it */
  digest: string;
  until: number;
}

/** Digests that the image stream does not show, as for reference releases. */
class AskedDigests {
  readonly #ask: TrackerDependencies['digestOf'];
  #known = new Map<string, Answer>();

  constructor(ask: TrackerDependencies['digestOf']) {
    this.#ask = ask;
  }

  /** Those that it has not asked for yet stay empty until a later look. */
  async complete(candidates: readonly Candidate[]): Promise<{ candidates: Candidate[]; refused?: string | undefined }> {
    const now = Date.now();
    const wanted = new Set(candidates.flatMap(({ digest, location }) => (digest === '' ? [location] : [])));
    this.#known = new Map([...this.#known].filter(([location, { until }]) => until > now && wanted.has(location)));
    const unknown = [...wanted].filter((location) => !this.#known.has(location)).slice(0, askedAtMost);
    const limit = pLimit(askedAtOnce);
    let refused: string | undefined;
    const ask = async (location: string) => {
      try {
        this.#known.set(location, { digest: (await this.#ask(location)) ?? '', until: now + believedMs });
      } catch (error) {
        // Asked again at the next look: somebody may have mended it.
        if (!(error instanceof RegistryRefused)) throw error;
        refused = error.message;
      }
    };
    await Promise.all(unknown.map((location) => limit(() => ask(location))));
    const completed = candidates.map((each) => ({ ...each, digest: each.digest || (this.#known.get(each.location)?.digest ?? '') }));
    return { candidates: completed, refused };
  }
}
