import { describe, expect, it } from 'vitest';
import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { imageStreams, prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream, ProwJob, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { installCrds } from '../../../infra/crds/install.ts';
import { testStack } from '../../support/stack.ts';

const stack = testStack();

async function payloadWith(spec: ReleasePayload['spec']): Promise<ReleasePayload> {
  const namespace = await stack.freshNamespace('crds');
  return stack.kubernetes.create(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: '4.20.1', namespace },
    spec,
  });
}

describe('ReleasePayload', () => {
  it('gets the default of the data source and of the type', async () => {
    const { spec } = await payloadWith({ payloadVerificationConfig: { blockingJobs: null } });
    expect(spec.payloadVerificationConfig?.payloadVerificationDataSource).toBe('BuildFarmLookup');
    expect(spec.payloadType).toBe('Local');
  });

  it('refuses another data source', async () => {
    const { metadata } = await payloadWith({ payloadVerificationConfig: {} });
    const patch = { spec: { payloadVerificationConfig: { payloadVerificationDataSource: 'ImageStreamTagAnnotation' } } };
    const change = stack.kubernetes.patch(releasePayloads, metadata.namespace, metadata.name, patch);
    await expect(change).rejects.toThrow('PayloadVerificationDataSource is immutable');
  });

  it.each([
    ['a type that is none', { payloadType: 'Remote' }],
    ['a data source that is none', { payloadVerificationConfig: { payloadVerificationDataSource: 'Guess' } }],
    ['an escalation over no period', { payloadVerificationConfig: { blockingJobs: [jobWith({ overPeriod: '0d' })] } }],
    ['an escalation over a percentage above 100', { payloadVerificationConfig: { blockingJobs: [jobWith({ passPercentage: 101 })] } }],
  ])('refuses %s', async (_, spec) => {
    await expect(payloadWith(spec)).rejects.toMatchObject({ status: 422 });
  });

  it('takes any text as override, as upstream does', async () => {
    const { spec } = await payloadWith({ payloadOverride: { override: 'Maybe', reason: 'who knows' } });
    expect(spec.payloadOverride?.override).toBe('Maybe');
  });

  it('keeps its status apart from its spec', async () => {
    const payload = await payloadWith({});
    const condition = {
      type: 'PayloadAccepted',
      status: 'True' as const,
      reason: 'ReleasePayloadAccepted',
      message: '',
      lastTransitionTime: '2026-11-24T00:00:00Z',
    };
    const written = await stack.kubernetes.replaceStatus(releasePayloads, {
      ...payload,
      spec: { payloadType: 'Reference' },
      status: { conditions: [condition] },
    });
    expect(written.status?.conditions).toEqual([condition]);
    expect(written.spec.payloadType).toBe('Local');
    expect(written.metadata.generation).toBe(1);
  });

  it('lets a run have no start time', async () => {
    const payload = await payloadWith({});
    const results = [{ coordinates: { name: 'x', namespace: 'ci' }, startTime: null, state: 'Triggered' }];
    const status = {
      blockingJobResults: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'periodic-aws', state: 'Pending' as const, results }],
    };
    const written = await stack.kubernetes.replaceStatus(releasePayloads, { ...payload, status });
    expect(written.status?.blockingJobResults?.[0]?.results).toEqual(results);
  });

  it('shows stream and verdict in a table', async () => {
    const answer = (await stack.kubernetes.raw(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/releasepayloads.release.openshift.io',
    )) as {
      spec: { names: { shortNames: string[] }; versions: { additionalPrinterColumns: { name: string }[] }[] };
    };
    expect(answer.spec.names.shortNames).toEqual(['rp']);
    expect(answer.spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name)).toEqual([
      'Stream',
      'Created',
      'Accepted',
      'Rejected',
      'Failed',
      'Mirrored',
      'Override',
      'Failing',
      'Age',
    ]);
  });
});

const jobWith = (escalation: object) => ({
  ciConfigurationName: 'aws',
  ciConfigurationJobName: 'periodic-aws',
  qualifiers: { rosa: { notifications: { jira: { escalations: [{ name: 'x', ...escalation }] } } } },
});

describe('ImageStream', () => {
  it('has the defaults of OpenShift and keeps fields that we do not know', async () => {
    const namespace = await stack.freshNamespace('crds');
    const stream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: 's', namespace },
      spec: { lookupPolicy: {}, tags: [{ name: 'a', novelty: 1 }] },
    };
    const created = await stack.kubernetes.create(imageStreams, stream as unknown as ImageStream);
    expect(created.spec).toEqual({
      lookupPolicy: { local: false },
      tags: [{ name: 'a', novelty: 1, importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } }],
    });
  });
});

describe('ProwJob', () => {
  const job = (namespace: string, status: ProwJob['status']): ProwJob => ({
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: { name: 'j', namespace },
    spec: { job: 'periodic-aws', type: 'periodic', rerun_command: 'kept' },
    ...(status === undefined ? {} : { status }),
  });

  it('is created together with its first status', async () => {
    const created = await stack.kubernetes.create(prowJobs, job(await stack.freshNamespace('crds'), { state: 'triggered' }));
    expect(created.status?.state).toBe('triggered');
    expect(created.spec['rerun_command']).toBe('kept');
  });

  it('cannot have ended without saying when', async () => {
    const namespace = await stack.freshNamespace('crds');
    await expect(stack.kubernetes.create(prowJobs, job(namespace, { state: 'success' }))).rejects.toMatchObject({ status: 422 });
  });
});

describe('installing', () => {
  it('may be repeated', async () => {
    await expect(installCrds(stack.kubernetes)).resolves.toBeUndefined();
  });

  it('leaves ImageStream and ProwJob of someone else alone', async () => {
    const patched: string[] = [];
    const foreign = { metadata: { managedFields: [{ manager: 'kubectl' }] } };
    const established = { status: { conditions: [{ type: 'Established', status: 'True' }] } };
    const client = {
      // OpenShift serves ImageStreams without a definition; Prow's own installation has one.
      get: (_resource: unknown, _namespace: unknown, name: string) =>
        Promise.resolve(
          name.startsWith('prowjobs') ? foreign : name.startsWith('imagestreams') ? undefined : { ...established, metadata: {} },
        ),
      raw: () => Promise.resolve({ resources: [{ name: 'imagestreams' }, { name: 'releasepayloads' }] }),
      patch: (_resource: unknown, _namespace: unknown, name: string) => Promise.resolve(patched.push(name)),
    } as unknown as KubernetesClient;
    await installCrds(client);
    expect(patched).toEqual(['releasepayloads.release.openshift.io']);
  });
});
