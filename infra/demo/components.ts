import { digestOf } from '../oci/image.ts';
import type { ImageContent } from '../oci/image.ts';

/** What the demo's platform is made of. `operator` images bring manifests that a release carries along. */
const operators = [
  'authentication',
  'console',
  'dns',
  'etcd',
  'ingress',
  'insights',
  'machine-config',
  'monitoring',
  'network',
  'node-tuning',
  'samples',
  'storage',
];
const operands = [
  'apiserver',
  'cli',
  'controller-manager',
  'haproxy',
  'installer',
  'kubelet',
  'machine-os-content',
  'oauth-proxy',
  'prometheus',
  'scheduler',
  'tests',
  'version-operator',
];

/** Tags of the demo's source stream, one image each. */
export const componentNames: readonly string[] = [...operators, ...operands].toSorted();

/** The older stream has a few of them. */
export const olderComponentNames: readonly string[] = ['cli', 'etcd', 'machine-os-content', 'tests'];

export const repositoryOf = (component: string) => `demo/${component}`;

/** The tag in the registry of one build of a component. */
export const tagOf = (build: number) => `build-${build}`;

/** @returns undefined for a tag that tagOf did not make */
export function buildOf(tag: string): number | undefined {
  const digits = /^build-(\d+)$/.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A build of a component, as a build system would leave it: labels that tell its source, and for an operator the
 * manifests that `oc adm release new` collects. The same component and build make the same image.
 *
 * @param build counts up from 1
 */
export function componentImage(component: string, build: number): ImageContent {
  const commit = digestOf(`${component} ${build}`).slice('sha256:'.length, 'sha256:'.length + 40);
  const isOperator = operators.includes(component);
  return {
    files: {
      [`usr/share/${component}/build.json`]: `${JSON.stringify({ component, build, commit })}\n`,
      ...(isOperator ? { [`manifests/0000_50_${component}_01-deployment.yaml`]: deployment(component, build) } : {}),
    },
    labels: {
      'io.openshift.build.commit.id': commit,
      'io.openshift.build.commit.ref': 'release-4.20',
      'io.openshift.build.source-location': `https://git.example.com/platform/${component}`,
      ...(isOperator ? { 'io.openshift.release.operator': 'true' } : {}),
    },
  };
}

const deployment = (component: string, build: number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${component}-operator
  namespace: platform-${component}
  annotations:
    platform.example.com/build: "${build}"
spec:
  replicas: 1
  selector: { matchLabels: { name: ${component}-operator } }
  template:
    metadata: { labels: { name: ${component}-operator } }
    spec:
      containers:
        - name: operator
          image: registry.example.com/platform/${component}:4.20
`;
