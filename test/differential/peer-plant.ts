import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { imageStreams, namespaces, secrets, type Resource } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { PeriodicDefinition } from '../../domain/payload/kinds.ts';
import { freePort } from '../support/free-port.ts';
import { ReleasePlant, type PlantOptions, type PlantServers } from '../support/release-plant.ts';
import { TestProcess } from '../support/test-process.ts';
import type { Peers } from './peers.ts';

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true };

export interface PeerOptions extends PlantOptions {
  peers: Peers;
  /** a plant of ours with the same name: what is not used here is taken from there */
  ours: ReleasePlant;
  /** further arguments of release-controller */
  arguments?: string[];
}

/** release-controller's own programs in place of our worker, on namespaces of the same names in a cluster of their own. */
export class PeerPlant extends ReleasePlant {
  readonly #options: PeerOptions;
  readonly #folder: string;
  readonly #definitions = new Map<string, PeriodicDefinition[]>();
  #programs: TestProcess[] = [];
  #nudging: AbortController | undefined;

  constructor(servers: PlantServers, options: PeerOptions) {
    super(options.ours.name, servers, options.ours.temporal, options.ours.signingKey, options);
    this.#options = options;
    this.#folder = join(servers.home, 'peers');
    mkdirSync(this.#folder, { recursive: true });
  }

  get #jobConfig(): string {
    return join(this.#folder, 'jobs.yaml');
  }

  get #prowConfig(): string {
    return join(this.#folder, 'prow.yaml');
  }

  override async prepare(): Promise<void> {
    for (const name of [...this.namespaces, this.jobNamespace, this.prowNamespace, 'sandbox'])
      await this.ensure(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await this.orderQuickJobs();
    const [first = ''] = this.namespaces;
    await this.ensure(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: first, name: 'release-upgrade-graph' } });
    writeFileSync(this.#prowConfig, stringify(this.#prow()));
    this.#writeDefinitions();
    this.#programs = [await this.#releaseController(), await this.#releasePayloadController()];
  }

  /** What is left out has Prow's default. */
  #prow() {
    return { prowjob_namespace: this.prowNamespace, pod_namespace: this.prowNamespace, log_level: 'warn' };
  }

  override async define(file: string, definitions: PeriodicDefinition[]): Promise<void> {
    this.#definitions.set(file, definitions);
    this.#writeDefinitions();
    // Prow's agent looks at the time of the file once a second.
    if (this.#nudging !== undefined) await pause(1_500);
  }

  /** Prow refuses a configuration in which a name is there twice. */
  #writeDefinitions(): void {
    const byName = new Map([...this.#definitions.values()].flat().map((definition) => [definition.name, definition]));
    // JSON, since Prow's YAML is an older one, in which `yes` is no text.
    writeFileSync(this.#jobConfig, JSON.stringify({ periodics: [...byName.values()] }));
  }

  async #releaseController(): Promise<TestProcess> {
    const flags = [
      `--release-namespace=${this.namespaces.join(',')}`,
      `--job-namespace=${this.jobNamespace}`,
      `--prow-namespace=${this.prowNamespace}`,
      `--prow-config=${this.#prowConfig}`,
      `--job-config=${this.#jobConfig}`,
      // No stream has it: nothing here asks for the helper pod.
      '--tools-image-stream-tag=:no-tools',
      `--listen=127.0.0.1:${await freePort()}`,
      '-v=4',
      ...(this.#options.arguments ?? []),
    ];
    return this.#program('release-controller', [this.#options.peers.releaseController, ...flags], 'Managing releases');
  }

  async #releasePayloadController(): Promise<TestProcess> {
    const flags = [
      'start',
      `--kubeconfig=${this.servers.env['WAYBILL_KUBECONFIG']}`,
      `--namespace=${this.jobNamespace}`,
      `--listen=127.0.0.1:${await freePort()}`,
      '-v=2',
    ];
    return this.#program('release-payload-controller', [this.#options.peers.releasePayloadController, ...flags], 'Starting');
  }

  #program(name: string, script: string[], ready: string): TestProcess {
    const kubeconfig = this.servers.env['WAYBILL_KUBECONFIG'] ?? '';
    return new TestProcess({ name: `${this.name}-${name}`, home: this.servers.home, script, env: { KUBECONFIG: kubeconfig }, ready });
  }

  override async start(): Promise<void> {
    await Promise.all([this.startPrograms(), this.sandbox.start()]);
  }

  /** Starts the two programs; one that was killed has left a lease behind, which would hold up the next for minutes. */
  async startPrograms(): Promise<void> {
    const { kubernetes } = this.servers;
    const { items } = await kubernetes.list<{ metadata: { name: string } }>(leases, this.jobNamespace);
    for (const { metadata } of items) await kubernetes.delete(leases, this.jobNamespace, metadata.name);
    await Promise.all(this.#programs.map((program) => program.start()));
    this.#nudging = new AbortController();
    void this.#nudge(this.#nudging.signal);
  }

  async killPrograms(): Promise<void> {
    this.#nudging?.abort();
    await Promise.all(this.#programs.map((program) => program.kill()));
  }

  override async stop(): Promise<void> {
    await Promise.all([this.killPrograms(), this.sandbox.kill()]);
  }

  /**
   * A payload's change wakes nobody who acts on it (P2), so each namespace is woken again and again: a change of a stream
   * that holds releases has all its streams looked at.
   */
  async #nudge(signal: AbortSignal): Promise<void> {
    for (let count = 0; !signal.aborted; count += 1) {
      await pause(1_000);
      await Promise.all(this.namespaces.map((namespace) => this.#touch(namespace, count).catch(() => undefined)));
    }
  }

  async #touch(namespace: string, count: number): Promise<void> {
    const annotations = { [annotation.hasReleases]: 'true', nudge: String(count) };
    const object = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { namespace, name: nudged, annotations } };
    await this.servers.kubernetes.patch(imageStreams, namespace, nudged, object, { fieldManager: 'nudge' });
  }
}

/** The stream that is touched; it is left out of comparisons. */
export const nudged = 'nudge';
