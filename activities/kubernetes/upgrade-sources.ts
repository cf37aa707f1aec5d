import { annotation } from '../../domain/payload/annotations.ts';
import { isStable, type Verification } from '../../domain/payload/config.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import type { StreamSnapshot } from '../../domain/payload/stream-tags.ts';
import { selectUpgradeSource, type UpgradeSource } from '../../domain/payload/upgrade-source.ts';
import { graphOf } from '../update-service.ts';
import type { KubernetesClient } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import type { ReadRelease } from './release-reader.ts';
import { imageStreams } from './resources.ts';
import { phasesOf, readStreamOf } from './stream-reader.ts';

/** Finds the releases that upgrade jobs of one release start from. What it reads, it reads once. */
export class UpgradeSources {
  readonly #dependencies: PayloadDependencies;
  readonly #release: ReadRelease;
  readonly #known = new Map<string, Promise<UpgradeSource>>();
  #own: Promise<StreamSnapshot> | undefined;
  #all: Promise<StreamSnapshot[]> | undefined;

  constructor(dependencies: PayloadDependencies, release: ReadRelease) {
    this.#dependencies = dependencies;
    this.#release = release;
  }

  of(
    verify: string,
    { upgradeFrom, upgradeFromRelease }: Pick<Verification, 'upgradeFrom' | 'upgradeFromRelease'>,
  ): Promise<UpgradeSource> {
    const key = JSON.stringify([upgradeFrom, upgradeFromRelease]);
    const known = this.#known.get(key) ?? this.#ask(verify, upgradeFrom, upgradeFromRelease);
    this.#known.set(key, known);
    return known;
  }

  async #ask(verify: string, upgradeFrom: string, upgradeFromRelease: Verification['upgradeFromRelease']): Promise<UpgradeSource> {
    const { client, releaseNamespaces, updateServices } = this.#dependencies;
    this.#own ??= snapshot(client, this.#release.source, this.#release.target);
    const stream = await this.#own;
    const inOwnStream = upgradeFromRelease === undefined && asksOwnStream(stream, upgradeFrom);
    if (!inOwnStream) this.#all ??= releaseNamespaces.all().then((names) => everyStream(client, [...names]));
    const streams = inOwnStream ? [stream] : ((await this.#all) ?? []);
    const question = {
      tag: this.#release.tag.name,
      stream,
      verify,
      upgradeFrom,
      streams,
      ...(upgradeFromRelease === undefined ? {} : { upgradeFromRelease }),
    };
    if (upgradeFromRelease?.release === undefined) return selectUpgradeSource(question);
    try {
      return selectUpgradeSource({ ...question, graph: await graphOf(upgradeFromRelease.release, updateServices) });
    } catch (error) {
      return { kind: 'error', message: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** A Stable stream's releases come by default from any Stable stream. */
function asksOwnStream({ config }: StreamSnapshot, upgradeFrom: string): boolean {
  return upgradeFrom === 'Previous' || upgradeFrom === 'PreviousMinus1' || (upgradeFrom === '' && !isStable(config));
}

async function snapshot(client: KubernetesClient, source: ImageStream, known?: ImageStream): Promise<StreamSnapshot> {
  const read = await readStreamOf(client, source, known);
  if (read.kind !== 'read' || read.target === undefined)
    throw new Error(`stream ${source.metadata.namespace}/${source.metadata.name} changed while it was read`);
  return { source: read.source, config: read.config, target: read.target, phases: await phasesOf(client, read.source, read.target) };
}

/** Every stream of the release namespaces whose config is valid and whose target exists. */
async function everyStream(client: KubernetesClient, namespaces: string[]): Promise<StreamSnapshot[]> {
  const lists = await Promise.all(namespaces.map((namespace) => client.list<ImageStream>(imageStreams, namespace)));
  const all = lists.flatMap(({ items }) => items);
  const targetOf = (namespace: string | undefined, name: string) =>
    all.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const snapshots: StreamSnapshot[] = [];
  for (const source of all.filter(({ metadata }) => metadata.annotations?.[annotation.config] !== undefined)) {
    const read = await readStreamOf(client, source, undefined, targetOf);
    if (read.kind !== 'read' || read.target === undefined) continue;
    snapshots.push({ source, config: read.config, target: read.target, phases: await phasesOf(client, read.source, read.target) });
  }
  return snapshots;
}
