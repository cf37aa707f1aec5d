import { readFile, stat } from 'node:fs/promises';
import { validateQualifiers } from '../../domain/payload/config-validation.ts';
import type { Qualifiers } from '../../domain/payload/qualifier.ts';
import { readQualifiers } from '../../domain/payload/qualifier-decoder.ts';
import { parseQualifierYaml } from '../qualifier-yaml.ts';
import type { KubernetesClient, KubernetesObject } from './client.ts';
import { configMaps } from './resources.ts';

/** Where the general configuration of qualifiers is: a ConfigMap `<namespace>/<name>` with one key `*.yaml`, or a file. */
export type QualifierLocation = { configMap: string } | { file: string };

interface Version {
  version: string;
  text: () => Promise<string | undefined>;
}

/** How long what was read counts as fresh. Whoever tells of a change waits as long. */
export const qualifiersFreshMs = 1_000;

/**
 * The general configuration of qualifiers, read again when it changed. One that is not valid leaves the last good one in
 * force and is named once; one that is not there has no qualifiers.
 */
export class QualifierSource {
  readonly #client: KubernetesClient;
  readonly #location: QualifierLocation;
  readonly #onProblem: (message: string) => void;
  #version = '';
  #qualifiers: Qualifiers | undefined;
  #checkedAt = 0;

  constructor(client: KubernetesClient, location: QualifierLocation, onProblem: (message: string) => void) {
    this.#client = client;
    this.#location = location;
    this.#onProblem = onProblem;
  }

  /** @returns undefined while there never was a valid one: what payloads say about qualifiers then stays as it is */
  async load(): Promise<Qualifiers | undefined> {
    if (Date.now() - this.#checkedAt < qualifiersFreshMs) return this.#qualifiers;
    const { version, text } =
      'configMap' in this.#location ? await this.#fromConfigMap(this.#location.configMap) : await fromFile(this.#location.file);
    if (version !== this.#version) this.#qualifiers = this.#valid(await text()) ?? this.#qualifiers;
    this.#version = version;
    this.#checkedAt = Date.now();
    return this.#qualifiers;
  }

  async #fromConfigMap(configMap: string): Promise<Version> {
    const [namespace = '', name = ''] = configMap.split('/');
    const found = await this.#client.get<KubernetesObject & { data?: Record<string, string> }>(configMaps, namespace, name);
    const [first] = Object.entries(found?.data ?? {})
      .filter(([key]) => /\.ya?ml$/.test(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { version: found?.metadata.resourceVersion ?? 'none', text: async () => first?.[1] };
  }

  #valid(text: string | undefined): Qualifiers | undefined {
    const place = 'configMap' in this.#location ? `ConfigMap ${this.#location.configMap}` : this.#location.file;
    const refuse = (why: string) => {
      const instead = this.#qualifiers === undefined ? 'there are no qualifiers yet' : 'the last good one stays in force';
      this.#onProblem(`the qualifiers in ${place} are not valid, ${instead}: ${why}`);
    };
    if (text === undefined) return {};
    try {
      const document = parseQualifierYaml(text);
      const findings = validateQualifiers(place, document);
      if (findings.length === 0) return readQualifiers(document.value).qualifiers;
      refuse(findings.map(({ path, reason }) => `${path}: ${reason}`).join('; '));
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }
}

/** A mounted ConfigMap is swapped as a whole, so that its file changes size or time, or both. */
async function fromFile(file: string): Promise<Version> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return { version: `${mtimeMs} ${size} ${ino}`, text: () => readFile(file, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 'none', text: async () => undefined };
    throw error;
  }
}
