import { describe, expect, test } from 'vitest';
import { secrets } from '../../activities/kubernetes/resources.ts';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { ReleaseNamespaces } from '../../activities/kubernetes/release-namespaces.ts';
import { mirrorCleanupActivities } from '../../activities/mirror-cleanup-activities.ts';
import { RepositoryClient } from '../../activities/registry-client.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { releaseCluster } from './kubernetes/release-cluster.ts';

const now = Date.UTC(2025, 5, 1);
const day = 86_400_000;

/** A stream that copies its releases: `live` and `seen` are releases, `old` and `older` were ones, `new` was one of late. */
async function scene({ secret = '{"auths":{}}' }: { secret?: string | null } = {}) {
  const cluster = await releaseCluster();
  const { registry } = cluster.stack;
  const path = `${cluster.namespace}/copies`;
  const repository = `${registry}/${path}`;
  await cluster.source({ alternateImageRepository: repository });
  await cluster.target([{ name: 'live' }], [cluster.imported('release', 'seen')]);
  const push = (tag: string, created: string) => pushImage(registry, path, tag, { files: { tag }, created });
  for (const tag of ['live', 'seen', 'old', 'older']) await push(tag, '2025-01-01T00:00:00Z');
  await push('new', '2025-05-31T12:00:00Z');
  const metadata = { namespace: cluster.jobNamespace, name: 'mirror' };
  if (secret !== null)
    await cluster.client.create<KubernetesObject>(secrets, {
      metadata,
      data: { 'config.json': Buffer.from(secret).toString('base64') },
    } as KubernetesObject);
  const rules = { credentials: `${metadata.namespace}/mirror`, minimumAgeMs: 30 * day, maximum: 10 };
  const { client, dependencies } = cluster;
  const activitiesWith = (more: { releaseNamespaces?: ReleaseNamespaces; furtherNamespaces?: string[] } = {}) =>
    mirrorCleanupActivities({ client, releaseNamespaces: dependencies.releaseNamespaces, furtherNamespaces: [], now: () => now, ...more });
  const activities = activitiesWith();
  return { cluster, repository, rules, activities, activitiesWith, tags: () => new RepositoryClient(repository).tags() };
}

describe('copies of releases', () => {
  test.concurrent('that no release needs and that are old enough are found, and deleted', async () => {
    const { repository, rules, activities, tags } = await scene();
    expect(await activities.findCopyRepositories()).toEqual({ repositories: [repository] });
    const survey = await activities.surveyCopies(repository, rules);
    expect(survey).toEqual({ tags: 5, needed: 2, young: 1, unknown: 0, reasons: [], garbage: 2, tagsToDelete: ['old', 'older'] });

    expect(await activities.deleteCopies(repository, survey.tagsToDelete, rules)).toEqual({ deleted: 2, failed: [], kept: 0 });
    expect(await tags()).toEqual(['live', 'new', 'seen']);
    expect(await activities.deleteCopies(repository, survey.tagsToDelete, rules)).toEqual({ deleted: 2, failed: [], kept: 0 });
  });

  test.concurrent('are only counted when they are more than may be deleted', async () => {
    const { repository, rules, activities } = await scene();
    expect(await activities.surveyCopies(repository, { ...rules, maximum: 1 })).toMatchObject({ garbage: 2, tagsToDelete: [] });
  });

  test.concurrent('that a release needs again are kept', async () => {
    const { cluster, repository, rules, activities, tags } = await scene();
    await cluster.importInto('release', [cluster.imported('release', 'old')]);
    expect(await activities.deleteCopies(repository, ['old', 'older'], rules)).toEqual({ deleted: 1, failed: [], kept: 1 });
    expect(await tags()).toEqual(['live', 'new', 'old', 'seen']);
  });

  test.concurrent('in a repository that only others copy to are theirs, and those of others count as needed', async () => {
    const { cluster, repository, rules, activitiesWith } = await scene();
    const { client, namespace } = cluster;
    const others = await releaseCluster();
    await others.source({ alternateImageRepository: repository });
    await others.target([{ name: 'old' }]);
    const both = activitiesWith({ furtherNamespaces: [others.namespace] });
    expect(await both.surveyCopies(repository, rules)).toMatchObject({ needed: 3, tagsToDelete: ['older'] });

    const elsewhere = activitiesWith({ releaseNamespaces: new ReleaseNamespaces(client, [namespace], [`${namespace}/another`]) });
    expect(await elsewhere.findCopyRepositories()).toEqual({ repositories: [] });
  });

  test.concurrent('audit trap 28: are left alone when a config can not be read', async () => {
    const { cluster, repository, rules, activities } = await scene();
    await cluster.source({}, { name: 'broken', text: '{' });
    expect(await activities.findCopyRepositories()).toMatchObject({
      repositories: [],
      problem: expect.stringContaining('broken is invalid') as string,
    });
    await expect(activities.surveyCopies(repository, rules)).rejects.toThrow('is invalid');
    await expect(activities.deleteCopies(repository, ['old'], rules)).rejects.toThrow('is invalid');
  });

  test.concurrent.each([
    ['no Secret', null, '/mirror (WAYBILL_MIRROR_CLEANUP_CREDENTIALS): there is no such Secret'],
    ['a Secret with something else', 'hunter2', 'it is no docker configuration'],
  ])('are left alone with %s', async (_, secret, message) => {
    const { repository, rules, activities } = await scene({ secret });
    const error = await activities.surveyCopies(repository, rules).catch((thrown: Error) => thrown.message);
    expect(error).toContain(message);
    expect(error).not.toContain('hunter2');
  });
});
