/** One place where the two sides are not alike. */
export interface Difference {
  /** `ProwJob/4.20.0-0.s1-#1-aws` */
  object: string;
  /** `spec.pod_spec.containers.test.env.RELEASE_IMAGE_LATEST.value`; empty for an object that only one side has */
  path: string;
  upstream: unknown;
  here: unknown;
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every leaf that differs, by object and path. */
export function differences(upstream: Tree, here: Tree): Difference[] {
  return keysOf(upstream, here).flatMap((object) =>
    below(upstream[object], here[object]).map(({ path, ...values }) => ({ object, path: path.join('.'), ...values })),
  );
}

interface Found {
  path: string[];
  upstream: unknown;
  here: unknown;
}

function below(upstream: unknown, here: unknown): Found[] {
  if (isTree(upstream) && isTree(here))
    return keysOf(upstream, here).flatMap((key) =>
      below(upstream[key], here[key]).map(({ path, ...values }) => ({ path: [key, ...path], ...values })),
    );
  return JSON.stringify(upstream) === JSON.stringify(here) ? [] : [{ path: [], upstream, here }];
}

const keysOf = (a: Tree, b: Tree) => [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();

/** Keys by which the members of a list are told apart, where each has one. */
const identities = ['name', 'type', 'ciConfigurationName', 'tag'] as const;

/**
 * Lists of named things as trees by name, so that one more thing is one difference; their order stays, beside them. Lists of
 * anything else stay as they are.
 */
export function byName(value: unknown): unknown {
  if (Array.isArray(value)) {
    const names = namesOf(value);
    if (names === undefined) return value.map(byName);
    const members = Object.fromEntries(value.map((member, index) => [names[index] ?? '', byName(member)]));
    return isRuns(value) ? members : { ...members, '(order)': names };
  }
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, byName(member)]));
}

/** Runs are in the order of their ProwJobs' own names, which are not those that are compared. */
const isRuns = (list: readonly unknown[]) => list.every((member) => isTree(member) && member['coordinates'] !== undefined);

function namesOf(list: readonly unknown[]): string[] | undefined {
  if (list.length === 0 || !list.every(isTree)) return undefined;
  for (const key of identities) {
    const names = list.map((member) => member[key]);
    if (names.every((name) => typeof name === 'string') && new Set(names).size === names.length) return names;
  }
  const runs = list.map(({ coordinates }) => (isTree(coordinates) ? coordinates['name'] : undefined));
  return runs.every((name) => typeof name === 'string') && new Set(runs).size === runs.length ? runs : undefined;
}
