import type { LeaseLook } from './cluster-lease.ts';
import { hasOpenRuns, isHalfWritten, needsAttention } from '../payload/attention.ts';
import type { ReleasePayload } from '../payload/kinds.ts';
import { refusedCleanup } from '../payload/cleanup-limit.ts';
import { payloadPhase } from '../payload/phase.ts';
import { shortly, type Forecast } from './forecast.ts';

/*
 * The words of a dry run for what Waybill does beside its streams. Each takes what the part of Waybill that acts would have
 * found.
 */

/** One part of Waybill in a dry run. */
export interface PartForecast extends Forecast {
  part: string;
  /** all names behind `would`, by what would be done to them, where the words name only some */
  names?: Record<string, string[]>;
}

/** `3 payloads: a, b, c` */
const counted = (names: readonly string[], one: string, many = `${one}s`) =>
  `${names.length} ${names.length === 1 ? one : many}: ${shortly(names)}`;

const listed = (verb: string, names: readonly string[], one: string, many?: string): string[] =>
  names.length === 0 ? [] : [`${verb} ${counted(names, one, many)}`];

/** Whether a worker would be let in. */
export function leaseForecast({ lease, verdict, holder, refusal = '' }: LeaseLook): PartForecast {
  const part = 'the right to drive this cluster';
  if (verdict === 'held') return { part, would: [], because: refusal.split('\n') };
  if (verdict === 'ours') return { part, would: [], because: [`the lease ${lease} is this Waybill's`] };
  return { part, would: [`take the lease ${lease}${verdict === 'expired' ? `, which has run out (${holder})` : ''}`], because: [] };
}

/** Finished releases that have their workflow begun all the same. */
export function verdictsForecast(payloads: readonly ReleasePayload[], now: number): PartForecast {
  const finished = payloads.filter((payload) => !['Pending', 'Ready'].includes(payloadPhase(payload)));
  const nameOf = ({ metadata }: ReleasePayload) => metadata.name;
  const half = finished.filter(isHalfWritten).map(nameOf);
  const overridden = finished.filter((payload) => needsAttention(payload) && !isHalfWritten(payload)).map(nameOf);
  const open = finished.filter((payload) => hasOpenRuns(payload, now) && !needsAttention(payload)).map(nameOf);
  return {
    part: 'releases with a verdict',
    would: [
      ...listed('complete the half-written verdict of', half, 'release'),
      ...listed('follow the override of', overridden, 'release'),
      ...listed('take in the last results of', open, 'release'),
    ],
    because: [],
    ...named({ complete: half, override: overridden, results: open }),
  };
}

/** What the removal of releases leaves behind, as names. */
export interface Leftovers {
  payloads: readonly string[];
  mirrors: readonly string[];
  jobs: readonly string[];
}

/**
 * @param now what nobody owns any more
 * @param later what nobody owns as soon as the releases are removed whose time is over
 */
export function leftoversForecast(now: Leftovers, later: Leftovers): PartForecast {
  const all = (left: Leftovers, verb: string) => [
    ...listed(verb, left.payloads, 'ReleasePayload'),
    ...listed(verb, left.mirrors, 'mirror'),
    ...listed(verb, left.jobs, 'job'),
  ];
  return {
    part: 'what removed releases leave behind',
    would: [...all(now, 'remove'), ...all(later, 'remove, when the releases are gone whose time is over,')],
    because: [],
    ...named({
      payloads: [...now.payloads, ...later.payloads],
      mirrors: [...now.mirrors, ...later.mirrors],
      jobs: [...now.jobs, ...later.jobs],
    }),
  };
}

/** @param tags `namespace/stream:tag`; undefined where imports are not asked for again */
export function importsForecast(tags: readonly string[] | undefined): PartForecast {
  return {
    part: 'failed imports',
    would: listed('ask again for the import of', tags ?? [], 'tag'),
    because: tags === undefined ? ['WAYBILL_REIMPORT_INTERVAL is 0'] : [],
    ...named({ import: [...(tags ?? [])] }),
  };
}

export interface FoundCopies {
  repository: string;
  tags: number;
  needed: number;
  young: number;
  unknown: number;
  reasons: readonly string[];
  garbage: number;
  tagsToDelete: readonly string[];
}

/** @param off why nothing is looked for */
export function copiesForecast(
  found: readonly FoundCopies[],
  { dryRun, maximum, off, problems = [] }: { dryRun: boolean; maximum: number; off?: string; problems?: readonly string[] },
): PartForecast {
  const verb = dryRun ? 'report, and leave,' : 'delete';
  const would = found.flatMap(({ repository, tagsToDelete }) =>
    tagsToDelete.length === 0 ? [] : [`${verb} in ${repository} ${counted(tagsToDelete, 'copy', 'copies')}`],
  );
  const because = found.flatMap(({ repository, tags, needed, young, unknown, reasons, garbage }) => {
    const refused = refusedCleanup(garbage, maximum);
    const counts = `${repository}: of ${tags} tags ${needed} are needed, ${young} too young, ${unknown} of unknown age`;
    return [
      counts,
      ...reasons.map((reason) => `${repository}: ${reason}`),
      ...(refused === undefined ? [] : [`${repository}: ${refused}`]),
    ];
  });
  return {
    part: 'copies that no release needs',
    would,
    because: [...because, ...problems, ...(off === undefined ? [] : [off])],
    ...named(Object.fromEntries(found.map(({ repository, tagsToDelete }) => [repository, [...tagsToDelete]]))),
  };
}

export interface ScheduleChanges {
  make: string[];
  change: string[];
  remove: string[];
  /** periodics that run at once, or whose run was missed */
  run: string[];
  /** what has no schedule, and why; and what could not be compared */
  because: string[];
}

export function schedulesForecast({ make, change, remove, run, because }: ScheduleChanges): PartForecast {
  return {
    part: 'schedules in Temporal',
    would: [
      ...listed('make', make, 'schedule'),
      ...listed('change', change, 'schedule'),
      ...listed('remove', remove, 'schedule'),
      ...listed('run at once', run, 'periodic'),
    ],
    because,
    ...named({ make, change, remove, run }),
  };
}

/** @param place `namespace/name` of the Secret */
export function graphForecast(place: string, added: number, edges: number, trouble?: string): PartForecast {
  const news = `${added} ${added === 1 ? 'result' : 'results'} of upgrade jobs`;
  return {
    part: 'upgrade graph',
    would: added === 0 ? [] : [`store ${news} in Secret ${place}, which then has ${edges} ${edges === 1 ? 'edge' : 'edges'}`],
    because: trouble === undefined ? [] : [trouble],
  };
}

export interface FoundAudits {
  due: readonly { namespace: string; tag: string }[];
  left: number;
  eligible: number;
  undigested: number;
}

/**
 * @param found undefined without a place for signatures
 * @param hasKey whether this worker would sign
 */
export function auditsForecast(found: FoundAudits | undefined, hasKey = true): PartForecast {
  const part = 'accepted releases without a signature';
  if (found === undefined) return { part, would: [], because: ['WAYBILL_STORAGE_URL is not set: nothing is signed'] };
  const due = found.due.map(({ namespace, tag }) => `${namespace}/${tag}`);
  return {
    part,
    would: [
      ...listed('begin the audit of', due, 'release'),
      ...(found.left === 0 ? [] : [`begin the audits of ${found.left} further images in later runs`]),
    ],
    because: [
      ...(found.undigested === 0 ? [] : [`${found.undigested} have no digest that image stream or registry would show`]),
      ...(hasKey || due.length === 0 ? [] : ['this worker would have no signing key: they wait for one that has']),
    ],
    ...named({ audit: due }),
  };
}

/** @param found undefined where it is not switched on */
export function legacyForecast(found: { migrated: number } | undefined): PartForecast {
  const migrated = found?.migrated ?? 0;
  return {
    part: 'releases that are older than payloads',
    would: migrated === 0 ? [] : [`make ReleasePayloads for ${migrated} of them`],
    because: found === undefined ? ['WAYBILL_PROCESS_LEGACY_RESULTS is not set'] : [],
  };
}

/** Absent where there is nothing to name. */
function named(names: Record<string, string[]>): Pick<PartForecast, 'names'> {
  const some = Object.entries(names).filter(([, list]) => list.length > 0);
  return some.length === 0 ? {} : { names: Object.fromEntries(some) };
}
