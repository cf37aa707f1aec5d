import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, type Tags } from 'yaml';
import type { PeriodicDefinition } from '../../domain/payload/kinds.ts';
import { readPeriodics } from '../../domain/payload/prow-definitions.ts';
import type { KubernetesClient, KubernetesObject } from './client.ts';
import { configMaps } from './resources.ts';

/** Where Prow job definitions come from: a ConfigMap `<namespace>/<name>`, every key `*.yaml`, or files and folders. */
export type DefinitionSource = { configMap: string } | { paths: string[] };

export type Definitions = ReadonlyMap<string, PeriodicDefinition>;

interface Loaded {
  version: string;
  definitions: Definitions;
}

const freshMs = 1_000;

/** As Prow reads it (sigs.k8s.io/yaml): YAML 1.1, but that times, and numbers to the base of 60, are texts. */
const prowYaml = {
  version: '1.1',
  customTags: (tags: Tags) =>
    tags.filter((tag) => typeof tag === 'string' || (tag.tag !== 'tag:yaml.org,2002:timestamp' && tag.format !== 'TIME')),
} as const;

/** The periodics of the Prow configuration, read again when it changed. A file that does not parse is left out and named. */
export class ProwDefinitions {
  readonly #client: KubernetesClient;
  readonly #source: DefinitionSource;
  readonly #onProblem: (message: string) => void;
  #loaded: Loaded = { version: '', definitions: new Map() };
  #checkedAt = 0;

  constructor(client: KubernetesClient, source: DefinitionSource, onProblem: (message: string) => void) {
    this.#client = client;
    this.#source = source;
    this.#onProblem = onProblem;
  }

  /** @param serves whether definitions have what is wanted; those of a moment ago are read again when they do not */
  async load(serves: (definitions: Definitions) => boolean = () => true): Promise<Definitions> {
    const isFresh = Date.now() - this.#checkedAt < freshMs;
    if (isFresh && serves(this.#loaded.definitions)) return this.#loaded.definitions;
    const { version, texts } =
      'configMap' in this.#source ? await this.#fromConfigMap(this.#source.configMap) : await fromFiles(this.#source.paths);
    if (version !== this.#loaded.version) this.#loaded = { version, definitions: this.#parse(await texts()) };
    this.#checkedAt = Date.now();
    return this.#loaded.definitions;
  }

  async #fromConfigMap(configMap: string): Promise<{ version: string; texts: () => Promise<Record<string, string>> }> {
    const [namespace = '', name = ''] = configMap.split('/');
    const found = await this.#client.get<KubernetesObject & { data?: Record<string, string> }>(configMaps, namespace, name);
    const yaml = Object.entries(found?.data ?? {}).filter(([key]) => key.endsWith('.yaml'));
    return { version: found?.metadata.resourceVersion ?? 'none', texts: async () => Object.fromEntries(yaml) };
  }

  #parse(texts: Record<string, string>): Definitions {
    const definitions = new Map<string, PeriodicDefinition>();
    for (const [file, text] of Object.entries(texts).toSorted(([a], [b]) => a.localeCompare(b))) {
      try {
        for (const definition of readPeriodics(parse(text, prowYaml))) definitions.set(definition.name, definition);
      } catch (error) {
        this.#onProblem(
          `Prow job definitions in ${file} can not be read and are left out: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    return definitions;
  }
}

async function fromFiles(paths: string[]): Promise<{ version: string; texts: () => Promise<Record<string, string>> }> {
  const files = (await Promise.all(paths.map(yamlFilesUnder))).flat().toSorted();
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  const texts = async () => Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)));
  return { version: JSON.stringify([files, times]), texts };
}

async function yamlFilesUnder(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true });
  return entries.filter((entry) => /\.ya?ml$/.test(entry)).map((entry) => join(path, entry));
}
