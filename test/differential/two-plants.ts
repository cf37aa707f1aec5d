import { inject } from 'vitest';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { buildPlant, type PlantOptions, type ReleasePlant } from '../support/release-plant.ts';
import { testStack } from '../support/stack.ts';
import { frontOf } from './front.ts';
import { PeerPlant } from './peer-plant.ts';
import { findPeers, type Peers } from './peers.ts';

export interface TwoPlants {
  upstream: PeerPlant;
  here: ReleasePlant;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface TwoPlantOptions extends PlantOptions {
  /** further arguments of release-controller */
  arguments?: string[];
}

/** Plants of one name in the two clusters; their processes do not run yet. */
export async function buildTwoPlants(options: TwoPlantOptions = {}): Promise<TwoPlants> {
  const { freshName, home, kubeconfig, kubernetes, registry, env } = testStack();
  const name = freshName('plant');
  const peer = inject('peerCluster');
  const fronts = await Promise.all([frontOf(home, kubeconfig, registry), frontOf(peer.home, peer.kubeconfig, peer.registry)]);
  const [ours, theirs] = fronts;
  // Each has its cluster to itself, so that its played systems play wherever a scene wants them.
  const patient = { patienceMs: 240_000, ...options, env: { WAYBILL_SANDBOX_NAMESPACES: '.', ...options.env } };
  const here = await buildPlant(name, { home, kubernetes, env: { ...env(), WAYBILL_KUBECONFIG: ours.kubeconfig } }, patient);
  const servers = {
    home: peer.home,
    kubernetes: KubernetesClient.connect(peer.kubeconfig),
    env: { ...env(), WAYBILL_KUBECONFIG: theirs.kubeconfig, WAYBILL_REGISTRY: peer.registry },
  };
  const upstream = new PeerPlant(servers, { ...patient, ours: here, peers: foundPeers() });
  await upstream.prepare();
  return {
    upstream,
    here,
    async start() {
      await Promise.all([upstream.start(), here.start()]);
    },
    async stop() {
      await Promise.all([upstream.stop(), here.stop()]);
      await Promise.all(fronts.map((front) => front.stop()));
    },
  };
}

export function foundPeers(): Peers {
  const peers = findPeers(process.env);
  if ('missing' in peers) throw new Error(peers.missing.join('\n'));
  return peers;
}
