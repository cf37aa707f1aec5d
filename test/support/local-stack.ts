import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { installCrds } from '../../infra/crds/install.ts';
import { endLeftovers } from '../../infra/local/processes/pid-files.ts';
import { isRunning, type ProcessIdentity } from '../../infra/local/setup/process-identity.mjs';
import { startStack } from '../../infra/local/stack.ts';
import { loadSettings } from '../../infra/settings/settings.ts';

const prefix = 'waybill-test-';

/** What the tests are told about the local stack of their run. */
export interface StackUnderTest {
  home: string;
  temporal: string;
  kubeconfig: string;
  registry: string;
  storageUrl: string;
  storageEndpoint: string;
  bucket: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackUnderTest;
  }
}

/** Starts one local stack for all tests of the run, in a folder of its own, and removes it afterwards. */
export default async function startLocalStack(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const home = mkdtempSync(join(tmpdir(), prefix));
  // Settings of the person who runs the tests must not lead them to real servers.
  const stack = await startStack({ home, settings: loadSettings({}), log: (line) => console.error(line), usualPorts: false });
  const { temporal, kubeconfig, registry, storageUrl, storageEndpoint = '' } = stack.addresses;
  await installCrds(KubernetesClient.connect(kubeconfig));
  project.provide('stack', { home, temporal, kubeconfig, registry, storageUrl, storageEndpoint, bucket: new URL(storageUrl).host });
  return async () => {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  };
}

/** A run that was killed could not clean up: its servers go on, and nobody else would look into its folder. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const home = join(tmpdir(), name);
    const owner = ownerOf(home);
    if (owner === undefined || isRunning(owner)) continue;
    await endLeftovers(join(home, 'pids'));
    rmSync(home, { recursive: true, force: true });
  }
}

/** Undefined for a folder whose run has only just begun. */
function ownerOf(home: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'lock'), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
