import pLimit from 'p-limit';
import type { ImageStream } from '../domain/payload/kinds.ts';
import { copyRepositories, isOldEnough, type CopyRepository } from '../domain/payload/mirror-cleanup.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import type { ReleaseNamespaces } from './kubernetes/release-namespaces.ts';
import { imageStreams } from './kubernetes/resources.ts';
import type { CopySurvey, DeletedCopies, MirrorCleanupActivities } from './mirror-cleanup-contract.ts';
import { permanent } from './permanent.ts';
import { cleaningActions, RepositoryClient } from './registry-client.ts';
import { credentialSecret, CredentialsUnusable } from './registry-credentials.ts';
import { Registries } from './registry-requests.ts';

/** Requests at once to one registry. */
const atOnce = 8;
const reasonsShown = 10;

interface Dependencies {
  client: KubernetesClient;
  releaseNamespaces: ReleaseNamespaces;
  /** namespaces whose streams copy to the same repositories, and are driven by others */
  furtherNamespaces: readonly string[];
  now: () => number;
}

export function mirrorCleanupActivities({
  client,
  releaseNamespaces,
  furtherNamespaces,
  now,
}: Dependencies): Pick<MirrorCleanupActivities, keyof MirrorCleanupActivities> {
  const find = async () => {
    const own = await releaseNamespaces.all();
    const all = [...new Set([...own, ...furtherNamespaces])];
    const lists = await Promise.all(all.map((namespace) => client.list<ImageStream>(imageStreams, namespace)));
    const drives = ({ metadata }: ImageStream) =>
      own.has(metadata.namespace ?? '') && releaseNamespaces.includes(metadata.namespace ?? '', metadata.name);
    return copyRepositories(
      lists.flatMap(({ items }) => items),
      drives,
    );
  };

  /** @throws CopiesUnknown (permanent) when it is not known any more which copies are needed */
  const neededIn = async (repository: string): Promise<CopyRepository['valid']> => {
    const found = await find();
    if (!found.ok) throw permanent('CopiesUnknown', found.error);
    const known = found.repositories.find((each) => each.repository === repository);
    if (known === undefined) throw permanent('CopiesUnknown', `no stream copies its releases to ${repository} any more`);
    return known.valid;
  };

  return {
    async findCopyRepositories() {
      const found = await find();
      if (!found.ok) return { repositories: [], problem: found.error };
      return { repositories: found.repositories.map(({ repository }) => repository) };
    },

    async surveyCopies(repository, { credentials, minimumAgeMs, maximum }) {
      const registry = await openRepository(client, repository, credentials);
      const tags = await registry.tags();
      // read after the tags: a release that is copied meanwhile is among the needed ones
      const needed = await neededIn(repository);
      const others = tags.filter((tag) => !needed.has(tag));
      const survey: CopySurvey = { tags: tags.length, needed: 0, young: 0, unknown: 0, reasons: [], garbage: 0, tagsToDelete: [] };
      survey.needed = tags.length - others.length;
      const unknown = (tag: string, reason: string) => {
        survey.unknown += 1;
        if (survey.reasons.length < reasonsShown) survey.reasons.push(`${tag}: ${reason}`);
      };
      await eachOf(others, async (tag) => {
        try {
          const created = await registry.created(tag);
          if (created === undefined) return unknown(tag, 'its image does not say when it was made');
          if (!isOldEnough(created, now(), minimumAgeMs)) survey.young += 1;
          else survey.tagsToDelete.push(tag);
        } catch (error) {
          unknown(tag, error instanceof Error ? error.message : String(error));
        }
      });
      survey.garbage = survey.tagsToDelete.length;
      survey.tagsToDelete = survey.garbage > maximum ? [] : survey.tagsToDelete.toSorted();
      return survey;
    },

    async deleteCopies(repository, tags, { credentials }) {
      const registry = await openRepository(client, repository, credentials);
      const needed = await neededIn(repository);
      const outcome: DeletedCopies = { deleted: 0, failed: [], kept: 0 };
      await eachOf(tags, async (tag) => {
        if (needed.has(tag)) return void (outcome.kept += 1);
        try {
          await registry.deleteTag(tag);
          outcome.deleted += 1;
        } catch (error) {
          outcome.failed.push(`${tag}: ${error instanceof Error ? error.message : String(error)}`);
        }
      });
      return outcome;
    },
  };
}

async function eachOf(tags: readonly string[], work: (tag: string) => Promise<void>): Promise<void> {
  const limit = pLimit(atOnce);
  await Promise.all(tags.map((tag) => limit(() => work(tag))));
}

/** @throws NoCredentials (permanent) that names the Secret and quotes nothing of it */
async function openRepository(client: KubernetesClient, repository: string, secret: string): Promise<RepositoryClient> {
  const credentials = credentialSecret(client, secret, 'WAYBILL_MIRROR_CLEANUP_CREDENTIALS');
  await credentials.of(repository).catch((error: unknown) => {
    throw error instanceof CredentialsUnusable ? permanent('NoCredentials', error.message) : error;
  });
  return new RepositoryClient(repository, new Registries({ credentials, actions: cleaningActions }));
}
