import { compareVersions, parseVersionTolerant } from './version.ts';

/** How one upgrade job ended; other words of whoever wrote the graph are kept as they are. */
export type UpgradeState = 'Pending' | 'Succeeded' | 'Failed' | (string & {});

export interface UpgradeResult {
  state: UpgradeState;
  /** page of the job; what tells results of one edge apart */
  url: string;
}

/** All results of one edge, as the graph is stored. */
export interface UpgradeRecord {
  from: string;
  to: string;
  results: UpgradeResult[];
}

export interface UpgradeSummary {
  from: string;
  to: string;
  success: number;
  failure: number;
  /** results of any state */
  total: number;
}

/** A summary with the results by their pages. */
export interface UpgradeHistory extends UpgradeSummary {
  history: Record<string, UpgradeResult>;
}

/**
 * Which upgrades were tested, and how they ended (openshift/release-controller, pkg/release-controller/upgrades.go). Merging
 * graphs in any order, and as often as one likes, gives the same graph, since a result is known by its page and ends once.
 */
export class UpgradeGraph {
  /** to, from, page */
  readonly #edges = new Map<string, Map<string, Map<string, UpgradeResult>>>();

  static of(records: Iterable<UpgradeRecord>): UpgradeGraph {
    const graph = new UpgradeGraph();
    graph.merge(records);
    return graph;
  }

  get isEmpty(): boolean {
    return this.#edges.size === 0;
  }

  /** @returns how many results were new or have ended since */
  merge(records: Iterable<UpgradeRecord>): number {
    let changed = 0;
    for (const record of records) changed += this.#mergeEdge(record);
    return changed;
  }

  /** A result that has ended never changes; one that has not may end. One without a page cannot be told apart, and counts for nothing. */
  #mergeEdge({ from, to, results }: UpgradeRecord): number {
    const known = this.#edge(from, to);
    let changed = 0;
    for (const result of results) {
      const before = known.get(result.url);
      const counts = before === undefined || (before.state === 'Pending' && result.state !== 'Pending');
      if (result.url === '' || !counts) continue;
      known.set(result.url, { state: result.state, url: result.url });
      changed += 1;
    }
    return changed;
  }

  #edge(from: string, to: string): Map<string, UpgradeResult> {
    const sources = this.#edges.get(to) ?? new Map<string, Map<string, UpgradeResult>>();
    this.#edges.set(to, sources);
    const results = sources.get(from) ?? new Map<string, UpgradeResult>();
    sources.set(from, results);
    return results;
  }

  /** Every edge, by where it leads, then where it comes from; results by their pages. */
  records(): UpgradeRecord[] {
    const all = [...this.#edges].flatMap(([to, sources]) =>
      [...sources].map(([from, results]) => ({ from, to, results: [...results.values()].toSorted((a, b) => ascending(a.url, b.url)) })),
    );
    return all.toSorted((a, b) => ascending(a.to, b.to) || ascending(a.from, b.from));
  }

  /** Upgrades into releases: those from the highest version first. */
  upgradesTo(...releases: string[]): UpgradeHistory[] {
    const found = releases.flatMap((to) => [...(this.#edges.get(to) ?? [])].map(([from, results]) => historyOf(from, to, results)));
    return found.toSorted((a, b) => byVersion(a.from, b.from));
  }

  /** Upgrades from releases: those from the highest version first, of one release the most tested first. */
  upgradesFrom(...releases: string[]): UpgradeHistory[] {
    const wanted = new Set(releases);
    const found = [...this.#edges].flatMap(([to, sources]) =>
      [...wanted].flatMap((from) => {
        const results = sources.get(from);
        return results === undefined ? [] : [historyOf(from, to, results)];
      }),
    );
    return found.toSorted((a, b) => byVersion(a.from, b.from) || b.total - a.total || byVersion(a.to, b.to));
  }

  /** Every edge without its results. */
  summaries(): UpgradeSummary[] {
    return this.records().map(({ from, to, results }) => summaryOf(from, to, results));
  }

  /**
   * Takes away every edge into a release that is not among those to keep; edges from such a release into one that is kept
   * stay (cmd/release-controller/prune_graph.go).
   *
   * @returns how many edges were taken away
   */
  prune(keep: ReadonlySet<string>): number {
    let removed = 0;
    for (const [to, sources] of this.#edges) {
      if (keep.has(to)) continue;
      removed += sources.size;
      this.#edges.delete(to);
    }
    return removed;
  }
}

/** The same without results. */
export function withoutHistory({ history: _, ...summary }: UpgradeHistory): UpgradeSummary {
  return summary;
}

function historyOf(from: string, to: string, results: ReadonlyMap<string, UpgradeResult>): UpgradeHistory {
  return { ...summaryOf(from, to, [...results.values()]), history: Object.fromEntries(results) };
}

function summaryOf(from: string, to: string, results: readonly UpgradeResult[]): UpgradeSummary {
  const count = (wanted: UpgradeState) => results.filter(({ state }) => state === wanted).length;
  return { from, to, success: count('Succeeded'), failure: count('Failed'), total: results.length };
}

const ascending = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/** The higher version first; names that are no versions last, and of equals the higher name first. */
function byVersion(a: string, b: string): number {
  const [left, right] = [parseVersionTolerant(a), parseVersionTolerant(b)];
  if (left !== undefined && right !== undefined) return compareVersions(right, left) || ascending(b, a);
  if (left === undefined && right === undefined) return ascending(b, a);
  return left === undefined ? 1 : -1;
}
