import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parse } from 'yaml';
import { KubernetesClient, type KubernetesObject } from '../../activities/kubernetes/client.ts';
import { customResourceDefinitions } from '../../activities/kubernetes/resources.ts';
import { installCrds } from '../../infra/crds/install.ts';
import { startStack } from '../../infra/local/stack.ts';
import { loadSettings } from '../../infra/settings/settings.ts';
import startLocalStack from '../support/local-stack.ts';
import { findPeers } from './peers.ts';

/** Where release-controller's programs work. */
export interface PeerCluster {
  home: string;
  kubeconfig: string;
  registry: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    peerCluster: PeerCluster;
  }
}

/** A local stack for Waybill, and beside it a cluster and a registry of the same kind for the others. */
export default async function startTwoClusters(project: TestProject): Promise<() => Promise<void>> {
  const stopOurs = await startLocalStack(project);
  const home = mkdtempSync(join(tmpdir(), 'waybill-test-'));
  // Neither Temporal nor storage is wanted: any addresses do.
  const settings = loadSettings({ WAYBILL_TEMPORAL_ADDRESS: 'nowhere:1', WAYBILL_STORAGE_URL: 'file:///nowhere' });
  const peers = await startStack({ home, settings, log: (line) => console.error(line), usualPorts: false });
  const { kubeconfig, registry } = peers.addresses;
  const kubernetes = KubernetesClient.connect(kubeconfig);
  await installCrds(kubernetes);
  await installTheirs(kubernetes, findPeers(process.env));
  project.provide('peerCluster', { home, kubeconfig, registry });
  return async () => {
    await peers.stop();
    rmSync(home, { recursive: true, force: true });
    await stopOurs();
  };
}

/** Their definition of ReleasePayload in place of ours, where it is given. */
async function installTheirs(kubernetes: KubernetesClient, peers: ReturnType<typeof findPeers>): Promise<void> {
  if ('missing' in peers || peers.payloadCrd === undefined) return;
  const definition = parse(readFileSync(peers.payloadCrd, 'utf8')) as KubernetesObject;
  await kubernetes.patch(customResourceDefinitions, undefined, definition.metadata.name, definition, { fieldManager: 'waybill-install' });
}
