import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { configMaps, imageStreams, namespaces, secrets, type Resource } from '../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { stringify } from 'yaml';
import { componentNames, olderComponentNames, repositoryOf, tagOf } from './components.ts';
import { demoJobConfig } from './job-definitions.ts';
import { demoConfig, demoNames, olderDemoConfig, type DemoConfig } from './stream.ts';

/** Where the demo's objects go. */
export interface DemoPlaces {
  /** namespace of the streams */
  releases: string;
  /** namespace of release jobs */
  jobs: string;
  /** namespace of ProwJobs */
  prow: string;
  /** name of the ConfigMap with the Prow job definitions, in the namespace of ProwJobs */
  jobConfig: string;
  /** namespace of the orders to the played systems; none are given where it is absent */
  orders?: string;
}

export const usualPlaces: DemoPlaces = { releases: 'ocp', jobs: 'ci-release', prow: 'ci', jobConfig: 'job-config', orders: 'sandbox' };

export interface Placed {
  resource: Resource;
  object: KubernetesObject;
}

/** The address of the registry that the stream's images are in, so that a registry that moves can be followed. */
export const registryAnnotation = 'waybill.dev/demo-registry';

/**
 * Orders to the played Prow, for something to see: a job that informs fails, and one that blocks fails once and
 * succeeds when it is tried again. The older stream's job is quick, since others wait for its release.
 */
const prowRules = [
  { job: '^periodic-platform-nightly-4\\.19-', seconds: 1 },
  { job: '^periodic-platform-nightly-4\\.20-large-cluster-gcp$', outcomes: ['failure'], seconds: 8 },
  { job: '^periodic-platform-nightly-4\\.20-serial-gcp$', outcomes: ['failure', 'success'], seconds: 5 },
];

/** Namespaces come before what lies in them. */
export function demoNamespaces({ releases, jobs, prow, orders }: DemoPlaces): Placed[] {
  const plain = [...new Set([jobs, prow, ...(orders === undefined ? [] : [orders])])].filter((name) => name !== releases);
  return [namespace(releases, { [label.releases]: 'true' }), ...plain.map((name) => namespace(name))];
}

/** Everything but the source streams, whose appearance begins their first releases. */
export function demoSurroundings({ releases, jobs, prow, jobConfig, orders }: DemoPlaces): Placed[] {
  return [
    { resource: secrets, object: dockerSecret(jobs, demoNames.pullSecret) },
    { resource: secrets, object: dockerSecret(jobs, demoNames.mirrorSecret) },
    { resource: configMaps, object: configMap(prow, jobConfig, demoJobConfig()) },
    ...(orders === undefined
      ? []
      : [{ resource: configMaps, object: configMap(orders, 'prow-rules', { 'rules.yaml': stringify(prowRules) }) }]),
    { resource: imageStreams, object: stream(releases, demoNames.target) },
  ];
}

/**
 * The source streams: the older one first, since the other one's upgrade jobs want a release of it.
 *
 * @param registry `host:port` of the images
 */
export function demoSources({ releases }: DemoPlaces, registry: string): ImageStream[] {
  return [
    source(releases, demoNames.olderSource, olderDemoConfig(), registry, olderComponentNames),
    source(releases, demoNames.source, demoConfig(registry), registry, componentNames),
  ];
}

function source(within: string, name: string, config: DemoConfig, registry: string, components: readonly string[]): ImageStream {
  const empty = stream(within, name, { [annotation.config]: JSON.stringify(config), [registryAnnotation]: registry });
  return { ...empty, spec: { lookupPolicy: { local: false }, tags: components.map((component) => componentTag(registry, component, 1)) } };
}

export function componentTag(registry: string, component: string, build: number): TagReference {
  return { name: component, from: { kind: 'DockerImage', name: `${registry}/${repositoryOf(component)}:${tagOf(build)}` } };
}

const namespace = (name: string, labels?: Record<string, string>): Placed => ({
  resource: namespaces,
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...(labels && { labels }) } },
});

const configMap = (within: string, name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: within },
  data,
});

/** The local registry asks nobody who they are, so there is nothing secret in it. */
const dockerSecret = (within: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: { name, namespace: within },
  stringData: { 'config.json': '{"auths":{}}' },
});

const stream = (within: string, name: string, annotations: Record<string, string> = {}): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name, namespace: within, annotations },
  spec: { lookupPolicy: { local: false } },
});
