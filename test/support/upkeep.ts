import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { imageStreams, jobs, namespaces, prowJobs, secrets } from '../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, ProwJob } from '../../domain/payload/kinds.ts';
import { pushImage } from '../../infra/oci/push.ts';
import type { SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

/* What a release leaves behind, as release-controller or Waybill would have made it. */

/** Its release job, which has ended and which no controller touches, and its mirror. */
export async function jobAndMirror({ kubernetes, namespace, plant }: ReleaseScene, { name, to }: SceneConfig, tag: string): Promise<void> {
  const annotations = {
    [annotation.source]: `${namespace}/${name}`,
    [annotation.target]: `${namespace}/${to}`,
    [annotation.releaseTag]: tag,
    [annotation.generation]: '0',
  };
  await kubernetes.create<ImageStream>(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: `mirror-${tag}`, namespace, annotations },
    spec: { tags: [] },
  });
  await kubernetes.create<Job>(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: tag, namespace: plant.jobNamespace, annotations },
    spec: {
      managedBy: 'example.test/by-hand',
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'build', image: 'none' }] } },
    },
  });
}

/** Copies from long ago in an alternate repository of the local registry. */
export async function copies({ plant }: ReleaseScene, path: string, tags: string[]): Promise<void> {
  const registry = plant.servers.env['WAYBILL_REGISTRY'] ?? '';
  for (const tag of tags) await pushImage(registry, path, tag, { files: { tag }, created: '2025-01-01T00:00:00Z' });
}

/** The Secret that the clean-up of copies reads unless the settings name another; a local registry asks for nothing. */
export async function copyCredentials({ plant }: ReleaseScene): Promise<void> {
  const [namespace, name] = ['ci-release', 'release-controller-quay-mirror-secret'];
  await plant.ensure(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const data = { 'config.json': Buffer.from('{"auths":{}}').toString('base64') };
  await plant.ensure(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data } as KubernetesObject);
}

/** A verification job that has tested an upgrade, of a release that nobody follows any more. */
export async function testedUpgrade({ kubernetes, namespace, plant }: ReleaseScene, from: string, to: string): Promise<string> {
  const url = `https://prow.example.test/${from}-${to}`;
  await kubernetes.create<ProwJob>(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name: `${to}-from-${from}`,
      namespace: plant.prowNamespace,
      labels: { [label.verify]: 'true', [label.payload]: to },
      annotations: {
        [annotation.source]: `${namespace}/of-nobody`,
        [annotation.fromTag]: from,
        [annotation.tag]: to,
        [annotation.architecture]: 'amd64',
      },
    },
    spec: { job: 'upgrade', type: 'periodic' },
    status: { state: 'success', url, startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T01:00:00Z' },
  });
  return url;
}
