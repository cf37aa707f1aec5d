import type { PeriodicDefinition } from './kinds.ts';

/**
 * The periodic jobs of one file of a Prow configuration, in Prow's own format: a list under `periodics`. Other kinds
 * of jobs are passed over.
 *
 * @param document the parsed YAML; empty files have none
 * @throws Error naming the entry, when the file is not such a configuration
 */
export function readPeriodics(document: unknown): PeriodicDefinition[] {
  if (document === undefined || document === null) return [];
  if (!isObject(document)) throw new Error('a Prow job configuration is a map with a list of periodics');
  const { periodics = [] } = document;
  if (periodics === null) return [];
  if (!Array.isArray(periodics)) throw new Error('periodics is not a list');
  const definitions = periodics.map(readPeriodic);
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`periodics has two jobs named ${twice}`);
  return definitions;
}

function readPeriodic(entry: unknown, index: number): PeriodicDefinition {
  if (!isObject(entry)) throw new Error(`periodics[${index}] is not a job`);
  const { name, agent, cluster, spec } = entry;
  if (typeof name !== 'string' || name === '') throw new Error(`periodics[${index}] has no name`);
  for (const [field, value] of Object.entries({ agent, cluster }))
    if (value !== undefined && typeof value !== 'string') throw new Error(`${field} of periodic ${name} is not a string`);
  checkPodSpec(name, spec);
  return withTexts(entry) as PeriodicDefinition;
}

/** Where a text belongs, YAML may have a number or a truth value without quotes: Prow takes it for the text. */
function withTexts(entry: Record<string, unknown>): Record<string, unknown> {
  const { spec } = entry;
  const texts = Object.fromEntries(['labels', 'annotations'].flatMap((key) => (isObject(entry[key]) ? [[key, textsOf(entry[key])]] : [])));
  if (!isObject(spec)) return { ...entry, ...texts };
  const containers = (kind: string) => (Array.isArray(spec[kind]) ? { [kind]: spec[kind].map(withContainerTexts) } : {});
  return { ...entry, ...texts, spec: { ...spec, ...containers('initContainers'), ...containers('containers') } };
}

function withContainerTexts(container: unknown): unknown {
  if (!isObject(container)) return container;
  const lists = ['command', 'args'].flatMap((key) => (Array.isArray(container[key]) ? [[key, container[key].map(textOf)]] : []));
  const { env } = container;
  const named = (variable: unknown) =>
    isObject(variable) && 'value' in variable ? { ...variable, value: textOf(variable['value']) } : variable;
  return { ...container, ...Object.fromEntries(lists), ...(Array.isArray(env) ? { env: env.map(named) } : {}) };
}

const textsOf = (map: Record<string, unknown>) => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, textOf(value)]));
const textOf = (value: unknown) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value);

/** Only what gets values injected: a wrong type there would break the job that is made from it. */
function checkPodSpec(name: string, spec: unknown): void {
  if (spec === undefined || spec === null) return;
  if (!isObject(spec)) throw new Error(`spec of periodic ${name} is not a pod spec`);
  for (const container of listOf(spec['containers'], `containers of periodic ${name}`)) {
    if (!isObject(container)) throw new Error(`periodic ${name} has a container that is none`);
    listOf(container['args'], `args of periodic ${name}`);
    const named = listOf(container['env'], `env of periodic ${name}`).every(
      (variable) => isObject(variable) && typeof variable['name'] === 'string',
    );
    if (!named) throw new Error(`env of periodic ${name} has a variable without a name`);
  }
}

function listOf(value: unknown, what: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${what} is not a list`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
