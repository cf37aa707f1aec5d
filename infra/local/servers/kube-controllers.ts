import { join } from 'node:path';
import type { KubeCredentials } from './kube-credentials.ts';
import { logFileOf, programOf, serverEnv, type Server, type ServerContext } from './server-context.ts';

/** What the played kubelets and our own objects need; each one more costs memory and watches. */
const controllers = [
  'job-controller',
  'cronjob-controller',
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'pod-garbage-collector-controller',
  'ttl-after-finished-controller',
  'serviceaccount-controller',
];

export function kubeControllerManager(context: ServerContext, kubeconfig: string, credentials: KubeCredentials): Server<undefined> {
  return {
    place: undefined,
    process: {
      name: 'kube-controller-manager',
      command: programOf(context, 'kubeControllerManager'),
      arguments: [
        `--kubeconfig=${kubeconfig}`,
        `--service-account-private-key-file=${credentials.serviceAccountKey}`,
        `--controllers=${controllers.join(',')}`,
        '--leader-elect=false',
        '--use-service-account-credentials=false',
        // The default of 20 requests a second makes a burst of Jobs wait.
        '--kube-api-qps=500',
        '--kube-api-burst=1000',
        '--secure-port=0',
        '--profiling=false',
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'kube-controller-manager'),
    },
  };
}

export function kubeScheduler(context: ServerContext, kubeconfig: string): Server<undefined> {
  return {
    place: undefined,
    process: {
      name: 'kube-scheduler',
      command: programOf(context, 'kubeScheduler'),
      arguments: [
        `--kubeconfig=${kubeconfig}`,
        '--leader-elect=false',
        '--kube-api-qps=500',
        '--kube-api-burst=1000',
        '--secure-port=0',
        '--profiling=false',
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'kube-scheduler'),
    },
  };
}

/** Plays the kubelet of the nodes that carry kwok's annotation, and of no other: the sandbox has a node of its own. */
export function kwok(context: ServerContext, kubeconfig: string): Server<undefined> {
  return {
    place: undefined,
    process: {
      name: 'kwok',
      command: programOf(context, 'kwok'),
      arguments: [
        `--kubeconfig=${kubeconfig}`,
        '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
        `--config=${join(import.meta.dirname, 'kwok-stages.yaml')}`,
        // No controller here watches leases, and each renewal is a write.
        '--node-lease-duration-seconds=0',
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'kwok'),
    },
  };
}
