import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { kubeCredentials, writeKubeconfig } from '../../infra/local/servers/kube-credentials.ts';
import { startFront } from '../../infra/sandbox/front/front.ts';
import { testStack } from './stack.ts';

export interface Fronted {
  client: KubernetesClient;
  /** path of a kubeconfig that leads to the front */
  kubeconfig: string;
  url: string;
  /** path of the authority of both servers */
  authority: string;
}

/** A front to the stack's API server in this process, while the tests of this file run. */
export function frontedStack(): () => Fronted {
  let fronted: Fronted | undefined;
  let end = async () => undefined as void;
  beforeAll(async () => {
    const { kubeconfig, home, registry, freshName } = testStack();
    const pki = dirname(kubeconfig);
    const read = (file: string) => readFileSync(join(pki, file), 'utf8');
    const pair = { certificate: read('apiserver.crt'), key: read('apiserver.key') };
    const front = await startFront({ kubeconfig, port: 0, registry, ...pair });
    const own = join(home, freshName('front'));
    const url = `https://127.0.0.1:${front.port}`;
    writeKubeconfig(own, url, kubeCredentials(home));
    fronted = { client: KubernetesClient.connect(own), kubeconfig: own, url, authority: join(pki, 'apiserver.crt') };
    end = async () => {
      await front.stop();
      rmSync(own);
    };
  });
  afterAll(() => end());
  return () => {
    if (fronted === undefined) throw new Error('the front runs while tests run');
    return fronted;
  };
}
