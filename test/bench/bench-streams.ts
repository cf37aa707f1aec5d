import { annotation } from '../../domain/payload/annotations.ts';
import { configMaps, imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { conditionsWhen } from '../support/recorded-cluster.ts';
import { namespace, type BenchStack } from './bench-stack.ts';

/** A release config whose jobs are all blocking. */
export function benchConfig(name: string, target: string, jobs: readonly string[]) {
  const verify = Object.fromEntries(jobs.map((job) => [job, { maxRetries: 1, prowJob: { name: job } }]));
  return { name, to: target, verify };
}

const sample = 50;

/** The same with aggregated entries of fifty ProwJobs each, since a config of 500 entries is larger than allowed. */
export function aggregatedConfig(name: string, target: string, jobs: number) {
  const entries = Array.from({ length: jobs / sample }, (_, index) => `sample-${index}`);
  const verify = Object.fromEntries(
    entries.map((entry) => [
      entry,
      { prowJob: { name: 'job-0' }, aggregatedProwJob: { prowJob: { name: 'job-1' }, analysisJobCount: sample - 1 } },
    ]),
  );
  return { name, to: target, verify };
}

export const largestPlainConfig = 100;

export const jobNames = (count: number, prefix = 'job') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

export async function defineJobs(bench: BenchStack, jobs: readonly string[]): Promise<void> {
  const periodics = jobs.map((name) => ({
    name,
    agent: 'kubernetes',
    cluster: 'build01',
    interval: '24h',
    spec: { containers: [{ image: 'ci-operator', command: ['ci-operator'] }] },
  }));
  await bench.create(configMaps, {
    metadata: { namespace: 'ci', name: 'job-config' },
    data: { 'bench.yaml': JSON.stringify({ periodics }) },
  });
}

const repository = (name: string) => ({
  dockerImageRepository: `internal/${namespace}/${name}`,
  publicDockerImageRepository: `registry.test/${namespace}/${name}`,
});

/** A target that holds so many finished releases of other streams. */
export async function createTarget(bench: BenchStack, name: string, tags: number): Promise<void> {
  const finished = Array.from({ length: tags }, (_, index) =>
    finishedTag(`4.19.0-0.${name}-${String(index).padStart(5, '0')}`, `${namespace}/other`, `4.19.0-0.${name}`),
  );
  await bench.create(imageStreams, {
    metadata: { namespace, name, annotations: { [annotation.hasReleases]: 'true' } },
    spec: { tags: finished },
  });
  if (!bench.plays) await bench.kubernetes.patch(imageStreams, namespace, name, { status: repository(name) }, { subresource: 'status' });
}

export const finishedTag = (tag: string, source: string, config: string) => ({
  name: tag,
  annotations: {
    [annotation.name]: config,
    [annotation.source]: source,
    [annotation.creationTimestamp]: '2026-01-01T00:00:00Z',
    [annotation.phase]: 'Accepted',
    [annotation.hash]: `sha256:${tag}`,
  },
});

export async function createSource(bench: BenchStack, name: string, config: object): Promise<void> {
  await bench.create(imageStreams, {
    metadata: { namespace, name, annotations: { [annotation.config]: JSON.stringify(config) } },
    spec: {},
  });
  if (!bench.plays) await bench.kubernetes.patch(imageStreams, namespace, name, { status: repository(name) }, { subresource: 'status' });
}

/** Writes the source's status as an import would: one tag with one image. */
export async function importImage(bench: BenchStack, source: string, digest: string): Promise<void> {
  const item = { created: new Date().toISOString(), dockerImageReference: `quay.io/bench/cli@${digest}`, image: digest, generation: 1 };
  await bench.kubernetes.patch(
    imageStreams,
    namespace,
    source,
    { status: { ...repository(source), tags: [{ tag: 'cli', items: [item] }] } },
    { subresource: 'status' },
  );
}

export async function createAcceptedPayload(bench: BenchStack, tag: string, target: string, config: string): Promise<void> {
  const spec = {
    payloadCoordinates: { namespace, streamName: config, imagestreamName: target, imagestreamTagName: tag },
    payloadVerificationConfig: { blockingJobs: [], informingJobs: [], payloadVerificationDataSource: 'BuildFarmLookup' },
  };
  const payload = await bench.create(releasePayloads, { metadata: { namespace, name: tag }, spec });
  await bench.kubernetes.replaceStatus(releasePayloads, {
    ...payload,
    status: {
      conditions: conditionsWhen.accepted,
      releaseCreationJobResult: { status: 'Success', message: 'Release creation Job completed' },
    },
  } as never);
}
