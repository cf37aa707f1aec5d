import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import { KubernetesError } from '../../activities/kubernetes/client.ts';
import type { KubernetesClient, KubernetesObject } from '../../activities/kubernetes/client.ts';
import { customResourceDefinitions } from '../../activities/kubernetes/resources.ts';

interface Definition extends KubernetesObject {
  spec: { group: string; names: { plural: string }; versions: { name: string }[] };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

const fieldManager = 'waybill-install';
const files = ['imagestreams.yaml', 'releasepayloads.yaml', 'prowjobs.yaml'];
/** Kinds that belong to another product: where that product runs, its own definition stays. */
const borrowed = new Set(['imagestreams.image.openshift.io', 'prowjobs.prow.k8s.io']);
const establishedWithinMs = 30_000;

/**
 * Installs our custom resources by server-side apply and waits until the API server serves them. Safe to repeat.
 * ImageStream and ProwJob are left alone where the server has them from someone else.
 *
 * @throws KubernetesError when the server refuses, Error when a definition is not served within 30 s
 */
export async function installCrds(client: KubernetesClient): Promise<void> {
  const definitions = files.map((file) => parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Definition);
  await Promise.all(definitions.map((definition) => install(client, definition)));
}

async function install(client: KubernetesClient, definition: Definition): Promise<void> {
  const { name } = definition.metadata;
  if (borrowed.has(name) && (await servedByOthers(client, definition))) return;
  await client.patch(customResourceDefinitions, undefined, name, definition, { fieldManager });
  await established(client, definition);
}

/** An aggregated API shows in discovery and has no definition; another installation's definition was not applied by us. */
async function servedByOthers(client: KubernetesClient, definition: Definition): Promise<boolean> {
  const existing = await client.get<KubernetesObject & { metadata: { managedFields?: { manager?: string }[] } }>(
    customResourceDefinitions,
    undefined,
    definition.metadata.name,
  );
  if (existing === undefined) return isServed(client, definition);
  return !(existing.metadata.managedFields ?? []).some(({ manager }) => manager === fieldManager);
}

async function isServed(client: KubernetesClient, { spec }: Definition): Promise<boolean> {
  try {
    const { resources } = (await client.raw(`/apis/${spec.group}/${spec.versions[0]?.name}`)) as { resources?: { name: string }[] };
    return (resources ?? []).some(({ name }) => name === spec.names.plural);
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return false;
    throw error;
  }
}

/** Established comes a moment before the endpoint answers, so discovery is asked too. */
async function established(client: KubernetesClient, definition: Definition): Promise<void> {
  const deadline = Date.now() + establishedWithinMs;
  for (;;) {
    const { status } = (await client.get<Definition>(customResourceDefinitions, undefined, definition.metadata.name)) ?? {};
    const ready = status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false;
    if (ready && (await isServed(client, definition))) return;
    if (Date.now() > deadline) throw new Error(`${definition.metadata.name} is not served: ${JSON.stringify(status?.conditions ?? [])}`);
    await pause(25);
  }
}
