import { httpsAnswers } from '../processes/health.ts';
import type { KubeCredentials } from './kube-credentials.ts';
import { logFileOf, programOf, serverEnv, type Server, type ServerContext } from './server-context.ts';

export async function kubeApiserver(
  context: ServerContext,
  etcdUrl: string,
  credentials: KubeCredentials,
): Promise<Server<{ url: string }>> {
  const port = await context.ports.port('kube-apiserver', 6444);
  const url = `https://127.0.0.1:${port}`;
  return {
    place: { url },
    process: {
      name: 'kube-apiserver',
      command: programOf(context, 'kubeApiserver'),
      arguments: [
        `--etcd-servers=${etcdUrl}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${credentials.folder}`,
        `--token-auth-file=${credentials.tokenFile}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${credentials.serviceAccountKey}`,
        `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
        '--authorization-mode=RBAC',
        '--service-cluster-ip-range=10.0.0.0/24',
        // Pods here need no token of their own, and nobody would lift the taint off a new node.
        '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
        // There is one API server, so nobody needs to agree on its address.
        '--endpoint-reconciler-type=none',
        '--profiling=false',
      ],
      // An image stream of a hundred tags is garbage of megabytes at each write: collected a third as often, a write takes half the time.
      env: { ...serverEnv(context.home), GOGC: '300' },
      logFile: logFileOf(context, 'kube-apiserver'),
      healthy: httpsAnswers(`${url}/readyz`, credentials.token),
    },
  };
}
