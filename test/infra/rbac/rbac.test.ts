import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isAlreadyExists } from '../../../activities/kubernetes/client.ts';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import type { Resource } from '../../../activities/kubernetes/resources.ts';
import { testStack } from '../../support/stack.ts';

const { kubernetes } = testStack();
const reviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

beforeAll(async () => {
  for (const name of ['waybill', 'ci', 'ocp', 'ci-release']) await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const file of ['worker', 'audit-worker', 'server']) {
    const text = readFileSync(new URL(`../../../infra/rbac/${file}.yaml`, import.meta.url), 'utf8');
    for (const document of parseAllDocuments(text)) await create(document.toJS() as KubernetesObject);
  }
});

async function create(object: KubernetesObject): Promise<void> {
  const [group, version] = (object.apiVersion ?? '').includes('/') ? (object.apiVersion ?? '').split('/') : ['', object.apiVersion];
  const plural = `${(object.kind ?? '').toLowerCase()}s`;
  const resource = {
    group: group ?? '',
    version: version ?? '',
    plural,
    kind: object.kind ?? '',
    namespaced: object.metadata.namespace !== undefined,
  };
  await kubernetes.create(resource, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

async function may(account: string, verb: string, path: string): Promise<boolean> {
  const [group = '', resource = '', namespace = '', name = ''] = path.split('/');
  const [plural, subresource = ''] = resource.split('.');
  const spec = {
    user: `system:serviceaccount:waybill:${account}`,
    resourceAttributes: { verb, group, resource: plural, subresource, namespace, name },
  };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {} as KubernetesObject['metadata'], spec };
  const answer = (await kubernetes.create(reviews, review)) as unknown as { status: { allowed: boolean } };
  return answer.status.allowed;
}

describe('roles', () => {
  it.each(['waybill-worker', 'waybill-server'])('%s cannot read the signing key', async (account) => {
    expect(await may(account, 'get', '/secrets/waybill/waybill-signing-key')).toBe(false);
  });

  it('the audit worker reads the signing key and no other Secret', async () => {
    expect(await may('waybill-audit', 'get', '/secrets/waybill/waybill-signing-key')).toBe(true);
    expect(await may('waybill-audit', 'list', '/secrets/waybill')).toBe(false);
    expect(await may('waybill-audit', 'get', '/secrets/waybill/other')).toBe(false);
    expect(await may('waybill-audit', 'update', 'image.openshift.io/imagestreams/ocp/release')).toBe(false);
  });

  it.each([
    ['update', 'image.openshift.io/imagestreams/ocp/release'],
    ['delete', 'image.openshift.io/imagestreamtags/ocp/release:4.20.1'],
    ['patch', 'image.openshift.io/imagestreamtags/ocp/release:4.20.1'],
    ['delete', 'release.openshift.io/releasepayloads/ocp/4.20.1'],
    ['delete', 'image.openshift.io/imagestreams/ocp/a-mirror'],
    ['watch', '/pods/ci-release'],
    ['create', 'prow.k8s.io/prowjobs/ci'],
    ['create', 'image.openshift.io/imagestreamimports/ocp'],
    ['create', 'batch/jobs/ci-release'],
    ['delete', 'batch/jobs/ci-release'],
    ['update', 'release.openshift.io/releasepayloads.status/ocp'],
    ['watch', 'release.openshift.io/releasepayloads'],
    ['create', '/events/ocp'],
    ['get', '/configmaps/ci/job-config'],
    ['watch', '/configmaps/waybill/release-qualifiers'],
    ['update', '/secrets/ocp/release-upgrade-graph'],
    ['get', '/secrets/ci-release/release-controller-quay-mirror-secret'],
    ['get', '/secrets/waybill/registry-pull-secret'],
    ['create', 'coordination.k8s.io/leases/ci-release'],
    ['update', 'coordination.k8s.io/leases/ci-release/waybill'],
  ])('the worker may %s %s', async (verb, path) => {
    expect(await may('waybill-worker', verb, path)).toBe(true);
  });

  it.each([
    ['delete', 'prow.k8s.io/prowjobs/ci'],
    ['update', 'image.openshift.io/imagestreamtags/ocp/release:4.20.1'],
    ['create', '/pods/ci-release'],
    ['get', '/configmaps/ci/other'],
    ['get', '/configmaps/waybill/other'],
    ['get', '/secrets/ocp/other'],
    ['get', '/secrets/ci-release/other'],
    ['update', '/secrets/ci-release/release-controller-quay-mirror-secret'],
    ['get', '/secrets/waybill/other'],
    ['update', '/secrets/waybill/registry-pull-secret'],
    ['list', '/secrets/ocp'],
    ['create', '/secrets/ocp'],
    ['update', 'coordination.k8s.io/leases/ci-release/other'],
    ['update', 'coordination.k8s.io/leases/kube-system/waybill'],
  ])('the worker may not %s %s', async (verb, path) => {
    expect(await may('waybill-worker', verb, path)).toBe(false);
  });

  it('the server writes what operators order, and nothing else', async () => {
    expect(await may('waybill-server', 'patch', 'release.openshift.io/releasepayloads/ocp')).toBe(true);
    expect(await may('waybill-server', 'patch', 'release.openshift.io/releasepayloads.status/ocp')).toBe(false);
    expect(await may('waybill-server', 'update', 'image.openshift.io/imagestreams/ocp')).toBe(true);
    expect(await may('waybill-server', 'delete', 'image.openshift.io/imagestreamtags/ocp')).toBe(true);
    expect(await may('waybill-server', 'delete', 'image.openshift.io/imagestreams/ocp')).toBe(false);
    expect(await may('waybill-server', 'delete', 'release.openshift.io/releasepayloads/ocp')).toBe(false);
    expect(await may('waybill-server', 'create', 'prow.k8s.io/prowjobs/ci')).toBe(false);
  });
});
