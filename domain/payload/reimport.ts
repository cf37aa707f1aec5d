import type { FailedImport } from './failed-imports.ts';

/** How often a tag was asked for without success, and when it is next; by `namespace/stream:tag`. */
export type ReimportMemory = Record<string, { generation: number; tries: number; /** RFC 3339 */ nextAt: string }>;

/** Longest time between two tries of one tag. */
const longestMs = 24 * 3_600_000;
/** More tags than this are tried each time, since nobody remembers them. */
const remembered = 1_000;

/**
 * Which failed tags are tried now. The first try is made at once, each further one after twice as long, at most a day; a
 * tag that points elsewhere, or was imported meanwhile, begins anew. What was remembered of others is forgotten.
 *
 * @param intervalMs between two looks, and before the second try
 */
export function planReimport(
  failed: readonly FailedImport[],
  memory: ReimportMemory,
  now: number,
  intervalMs: number,
): { due: FailedImport[]; memory: ReimportMemory } {
  const due: FailedImport[] = [];
  const next: [string, ReimportMemory[string]][] = [];
  for (const each of failed) {
    const key = `${each.namespace}/${each.stream}:${each.tag}`;
    const before = Object.hasOwn(memory, key) ? memory[key] : undefined;
    const known = before?.generation === each.generation ? before : undefined;
    // a look may come a little early
    const waits = known !== undefined && Date.parse(known.nextAt) > now + intervalMs / 10;
    if (!waits) due.push(each);
    next.push([key, waits ? known : { generation: each.generation, ...nextTry(known?.tries ?? 0, now, intervalMs) }]);
  }
  return { due, memory: Object.fromEntries(next.slice(0, remembered)) };
}

function nextTry(tries: number, now: number, intervalMs: number): { tries: number; nextAt: string } {
  const delay = Math.min(intervalMs * 2 ** Math.min(tries, 30), longestMs);
  return { tries: tries + 1, nextAt: new Date(now + delay).toISOString() };
}
