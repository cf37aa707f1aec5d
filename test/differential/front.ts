import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kubeCredentials, writeKubeconfig } from '../../infra/local/servers/kube-credentials.ts';
import { startFront } from '../../infra/sandbox/front/front.ts';

export interface Front {
  /** path of a kubeconfig that leads to it */
  kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * A front to a local cluster that serves `imagestreamtags`, without which release-controller can remove nothing, and the
 * labels of images, by which it knows a Stable release.
 */
export async function frontOf(home: string, kubeconfig: string, registry?: string): Promise<Front> {
  const read = (file: string) => readFileSync(join(dirname(kubeconfig), file), 'utf8');
  const pair = { certificate: read('apiserver.crt'), key: read('apiserver.key') };
  const { port, stop } = await startFront({ kubeconfig, port: 0, ...pair, ...(registry === undefined ? {} : { registry }) });
  const own = join(home, `front-${port}`);
  writeKubeconfig(own, `https://127.0.0.1:${port}`, kubeCredentials(home));
  return { kubeconfig: own, stop };
}
