import type { ClusterObjects } from '../../../api/catalog.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { Condition, ImageStream, Phase, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';

/** Releases of the nightly stream: N1 is the oldest. */
export const nightly = (day: number) => `4.18.0-0.nightly-2025-01-0${day}-000000`;

/** A cluster that a test writes by hand. */
export class FixtureCluster implements ClusterObjects {
  readonly streams: ImageStream[] = [];
  readonly releases: ReleasePayload[] = [];

  imageStreams() {
    return this.streams;
  }

  imageStream(namespace: string, name: string) {
    return this.streams.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  }

  payloads() {
    return this.releases;
  }

  payload(namespace: string, name: string) {
    return this.releases.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  }
}

/** The four streams that the vectors of the release-controller's API speak of. */
export function vectorCluster(): FixtureCluster {
  const cluster = new FixtureCluster();
  const verify = {
    aws: { prowJob: { name: 'periodic-aws' } },
    gcp: { optional: true, prowJob: { name: 'periodic-gcp' } },
    old: { optional: true, disabled: true, prowJob: { name: 'periodic-old' } },
  };
  const phases: Phase[] = ['Accepted', 'Rejected', 'Accepted', 'Ready', 'Pending'];
  const nightlies = phases.map((phase, index) => ({ name: nightly(index + 1), phase, created: `2025-01-0${index + 1}T00:00:00Z` }));
  const ended = { name: '4.10.0-0.nightly-2024-01-01-000000', phase: 'Accepted' as const, created: '2024-01-01T00:00:00Z' };
  const target = imageStream('release', {
    repository: 'registry.example.test/ocp/release',
    tags: [
      ...nightlies.map((release) => releaseTag(release, '4.18-art-latest', '4.18.0-0.nightly')),
      releaseTag(ended, '4.10-art-latest', '4.10.0-0.nightly'),
    ],
    imported: [...nightlies.filter(({ phase }) => phase !== 'Pending').map(({ name }) => name), ended.name],
  });
  cluster.streams.push(
    target,
    source('4.18-art-latest', {
      name: '4.18.0-0.nightly',
      to: 'release',
      verify,
      periodic: { weekly: { interval: '168h', prowJob: { name: 'periodic-weekly' } } },
    }),
    source('4.10-art-latest', { name: '4.10.0-0.nightly', to: 'release', endOfLife: true }),
    source('4.19-ci-latest', { name: '4.19.0-0.ci', to: 'release' }),
    stableStream(cluster),
  );
  for (const { name, phase } of [...nightlies, ended]) cluster.releases.push(payload(name, phase));
  return cluster;
}

function stableStream(cluster: FixtureCluster): ImageStream {
  const releases: [string, Phase][] = [
    ['4.17.8', 'Accepted'],
    ['4.16.30', 'Accepted'],
    ['4.18.0-rc.1', 'Accepted'],
    ['4.17.7', 'Rejected'],
    ['4.17.9', 'Accepted'],
  ];
  const tags = releases.map(([name, phase]) => ({
    ...releaseTag({ name, phase, created: '2025-01-01T00:00:00Z' }, '4-stable', '4-stable'),
    from: { kind: 'DockerImage', name: `quay.example.test/rel:${name}-x86_64` },
    generation: 2,
  }));
  for (const [name, phase] of releases) cluster.releases.push(payload(name, phase));
  const stream = imageStream('4-stable', {
    repository: 'registry.example.test/ocp/4-stable',
    tags,
    imported: releases.map(([name]) => name),
  });
  stream.metadata.annotations = { [annotation.config]: JSON.stringify({ name: '4-stable', as: 'Stable' }) };
  return stream;
}

function source(name: string, config: object): ImageStream {
  const stream = imageStream(name, { repository: `registry.example.test/ocp/${name}`, tags: [], imported: ['cli'] });
  stream.metadata.annotations = { [annotation.config]: JSON.stringify(config) };
  return stream;
}

function imageStream(
  name: string,
  { repository, tags, imported }: { repository: string; tags: TagReference[]; imported: string[] },
): ImageStream {
  const items = [
    {
      created: '2025-01-01T00:00:00Z',
      dockerImageReference: `${repository}@sha256:${'a'.repeat(64)}`,
      image: `sha256:${'a'.repeat(64)}`,
      generation: 2,
    },
  ];
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'ocp' },
    spec: { tags },
    status: { publicDockerImageRepository: repository, tags: imported.map((tag) => ({ tag, items })) },
  };
}

function releaseTag(
  { name, phase, created }: { name: string; phase: Phase; created: string },
  sourceName: string,
  stream: string,
): TagReference {
  const annotations = {
    [annotation.name]: stream,
    [annotation.source]: `ocp/${sourceName}`,
    [annotation.creationTimestamp]: created,
    [annotation.phase]: phase,
  };
  return { name, annotations };
}

/** A payload whose conditions mean the phase. */
export function payload(name: string, phase: Phase, parts: Partial<Pick<ReleasePayload, 'spec' | 'status'>> = {}): ReleasePayload {
  const created = phase !== 'Pending' && phase !== 'Failed';
  const conditions = [
    condition('PayloadAccepted', phase === 'Accepted'),
    condition('PayloadCreated', created),
    condition('PayloadFailed', phase === 'Failed'),
    condition('PayloadRejected', phase === 'Rejected'),
  ];
  return {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace: 'ocp', resourceVersion: '7' },
    spec: { payloadCoordinates: { namespace: 'ocp', imagestreamName: 'release', imagestreamTagName: name }, ...parts.spec },
    status: { conditions, ...parts.status },
  };
}

function condition(type: string, holds: boolean): Condition {
  return {
    type,
    status: holds ? 'True' : 'False',
    reason: type.replace('Payload', 'ReleasePayload'),
    message: '',
    lastTransitionTime: '2025-01-01T00:00:00Z',
  };
}
