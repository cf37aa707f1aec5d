import { expect, test } from 'vitest';
import { trackerActivities } from '../../../activities/kubernetes/audit-tracker.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { RegistryRefused } from '../../../activities/registry-requests.ts';
import { openStore, type SignatureStore } from '../../../activities/signature-store.ts';
import { auditRecordPath } from '../../../domain/audit/audit-record.ts';
import { signaturePath } from '../../../domain/audit/signature-path.ts';
import type { AuditPolicy } from '../../../domain/audit/verification-policy.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testStack } from '../../support/stack.ts';
import { digest, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const stack = testStack();
const policy: AuditPolicy = { verification: 'auto', delay: 0, phases: ['Accepted'], streams: 'all' };
const bytes = new TextEncoder().encode('a signature');
const buckets = (): SignatureStore => openStore(`gs://${stack.bucket}/${stack.freshName('tracker')}`, { endpoint: stack.storageEndpoint });

const accepted = { [annotation.phase]: 'Accepted' };

function tracker(cluster: ReleaseCluster, store: SignatureStore, digestOf: (pullSpec: string) => Promise<string | undefined>) {
  return trackerActivities({
    client: cluster.client,
    releaseNamespaces: new ReleaseNamespaces(cluster.client, [cluster.namespace]),
    store,
    policy,
    digestOf,
  });
}

const unasked = async (pullSpec: string): Promise<undefined> => {
  throw new Error(`${pullSpec} was asked for`);
};
const generation = (tag: TagReference): TagReference => ({ ...tag, generation: 1 });

test('accepted releases without a signature that clients find, by annotation and by payload', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  const names = ['older', 'signed', 'gap', 'rejected', 'overridden'] as const;
  const [older, signed, gap, rejected, overridden] = names;
  await cluster.target(
    [
      cluster.releaseTag(older, accepted),
      cluster.releaseTag(signed, accepted),
      cluster.releaseTag(gap, accepted),
      cluster.releaseTag(rejected, { [annotation.phase]: 'Rejected' }),
      cluster.releaseTag(overridden, { [annotation.phase]: 'Ready' }),
    ].map(generation),
    names.map((name) => cluster.imported('release', name)),
  );
  const payload = await cluster.client.create<ReleasePayload>(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: overridden, namespace: cluster.namespace },
    spec: {},
  });
  const condition = {
    type: 'PayloadAccepted',
    status: 'True' as const,
    reason: 'x',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await cluster.client.replaceStatus<ReleasePayload>(releasePayloads, { ...payload, status: { conditions: [condition] } });
  const store = buckets();
  await store.create(signaturePath(digest(signed), 1), bytes, 'application/octet-stream');
  await store.create(signaturePath(digest(gap), 2), bytes, 'application/octet-stream');

  const { due, eligible, ...rest } = await tracker(cluster, store, unasked).planAudits({});

  expect(due.map(({ tag }) => tag).toSorted()).toEqual([gap, older, overridden]);
  expect(due.find(({ tag }) => tag === older)).toEqual({
    namespace: cluster.namespace,
    tag: older,
    stream: streamName,
    target: 'release',
    digest: digest(older),
    location: `${cluster.publicRepository('release')}:${older}`,
  });
  expect(eligible).toBe(4);
  expect(rest).toMatchObject({ left: 0, waiting: 0, undigested: 0 });
});

test('audit 3: a digest that the image stream does not show is asked of the registry, once; one that nobody shows is counted', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  await cluster.target(['pushed', 'nowhere'].map((name) => cluster.releaseTag(name, accepted)));
  const asked: string[] = [];
  const pushed = `${cluster.publicRepository('release')}:pushed`;
  const { planAudits } = tracker(cluster, openStore(`file://${temporaryFolder('tracker')}`), async (pullSpec) => {
    asked.push(pullSpec);
    return pullSpec === pushed ? digest('pushed') : undefined;
  });
  expect(await planAudits({})).toMatchObject({ due: [{ tag: 'pushed', digest: digest('pushed') }], undigested: 1 });
  await planAudits({});
  expect(asked.toSorted()).toEqual([`${cluster.publicRepository('release')}:nowhere`, pushed]);
});

test('audit trap 4: a second release of an image that is signed already has its record made, one that another auditor signed has not', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  const names = ['first', 'second', 'theirs', 'theirs-too', 'single'];
  const imageOf = (name: string) => digest(name.replace(/^second$/, 'first').replace('-too', ''));
  await cluster.target(
    names.map((name) => generation(cluster.releaseTag(name, accepted))),
    names.map((name) => {
      const shown = cluster.imported('release', name);
      return { ...shown, items: shown.items?.map((item) => ({ ...item, image: imageOf(name) })) ?? [] };
    }),
  );
  const store = buckets();
  for (const name of ['first', 'theirs', 'single']) await store.create(signaturePath(digest(name), 1), bytes, '');
  for (const tag of ['first', 'single']) await store.create(auditRecordPath({ namespace: cluster.namespace, tag }), bytes, '');
  const { planAudits } = tracker(cluster, store, unasked);
  expect((await planAudits({})).due.map(({ tag, digest: of }) => [tag, of])).toEqual([['second', digest('first')]]);
  await store.create(auditRecordPath({ namespace: cluster.namespace, tag: 'second' }), bytes, '');
  expect((await planAudits({})).due).toEqual([]);
});

test('what a registry refuses is said, and asked for again at the next look', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  await cluster.target([cluster.releaseTag('refused', accepted)]);
  let refuses = true;
  const { planAudits } = tracker(cluster, buckets(), async () => {
    if (refuses) throw new RegistryRefused('quay.example refuses it (401)');
    return digest('refused');
  });
  expect(await planAudits({})).toMatchObject({ due: [], undigested: 1, refused: 'quay.example refuses it (401)' });
  refuses = false;
  expect(await planAudits({})).toMatchObject({ due: [{ tag: 'refused' }], undigested: 0 });
});

test('no more than a hundred are asked for at once, the others at the next look', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  await cluster.target(Array.from({ length: 120 }, (_, index) => cluster.releaseTag(`r-${index}`, accepted)));
  const asked = new Set<string>();
  const { planAudits } = tracker(cluster, buckets(), async (pullSpec) => void asked.add(pullSpec));
  expect(await planAudits({})).toMatchObject({ due: [], undigested: 120 });
  expect(asked.size).toBe(100);
  await planAudits({});
  expect(asked.size).toBe(120);
});

test('a thousand tags are looked at with a list of the streams and one of the signatures', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  const names = Array.from({ length: 1_000 }, (_, index) => `4.20.0-0.nightly-${index}`);
  await cluster.target(
    names.map((name) => generation(cluster.releaseTag(name, accepted))),
    names.map((name) => cluster.imported('release', name)),
  );
  const signed = new Set(names.slice(0, 990));
  const store: SignatureStore = {
    ...buckets(),
    list: async () => [...signed].map((name) => signaturePath(digest(name), 1)),
    read: async () => Promise.reject(new Error('nothing is read')),
  };
  const look = await tracker(cluster, store, unasked).planAudits({});
  expect(look).toMatchObject({ eligible: 1_000, left: 0 });
  expect(look.due).toHaveLength(10);
  expect(JSON.stringify(look).length).toBeLessThan(10_000);
});
