/** What a look at a stream found, as the parts of Waybill that act on it tell it. */
export type Look =
  | { kind: 'gone' }
  | { kind: 'invalid'; problem: { reason: string; message: string } }
  | { kind: 'unusable'; why: string }
  | ({ kind: 'usable' } & UsableLook);

interface UsableLook {
  target: string;
  endOfLife: boolean;
  targetMarked: boolean;
  planned?: { tag: string; hash: string };
  hold?: { why: string; until?: string };
  unfinished: readonly { tag: string; phase: string }[];
  aborted: readonly string[];
  publish?: { release: string; due: readonly string[]; errors: readonly string[]; lacking?: readonly string[] };
  /** how many releases are to go */
  retention?: { due: number; next?: string };
  /** there are periodics; the text says which, in short */
  periodics?: string;
  /** decided releases whose tags do not say so */
  unmarked?: readonly string[];
  adopt?: readonly string[];
  waiting?: readonly { for: string; why: string }[];
}

/** What Waybill would do to one stream now, and why it does not do more. */
export interface Forecast {
  would: string[];
  because: string[];
}

/** Keys that the lines below tell, or that are no work. */
const told = new Set(
  'kind stream target endOfLife targetMarked planned created hold unfinished aborted publish retention periodics unmarked adopt waiting'.split(
    ' ',
  ),
);

/**
 * The words of a dry run, in the order in which a stream acts.
 *
 * @param retired the releases that are to go, where the look tells only how many
 */
export function forecast(look: Look, retired: readonly string[] = []): Forecast {
  switch (look.kind) {
    case 'gone':
      return { would: [], because: ['it has no release config, or is not driven by this Waybill'] };
    case 'invalid':
      return { would: [`report ${look.problem.reason} on the image stream`], because: [look.problem.message] };
    case 'unusable':
      return { would: [], because: [look.why] };
    case 'usable':
      return look.endOfLife ? { would: [], because: ['the release config says endOfLife'] } : usable(look, retired);
  }
}

function usable(look: UsableLook, retired: readonly string[]): Forecast {
  const { target, targetMarked, adopt = [], aborted, retention, planned, unfinished, publish, periodics, hold, waiting = [] } = look;
  const { unmarked = [] } = look;
  const due = retention?.due ?? 0;
  const would = [
    ...(targetMarked ? [] : [`mark image stream ${target} as one that holds releases`]),
    ...adopt.map((tag) => `make tag ${tag} a release`),
    ...aborted.map((tag) => `abort ${tag}, which gives way to a newer pending release`),
    ...(unmarked.length === 0 ? [] : [`have tags say the verdict of ${shortly(unmarked)}`]),
    ...others(look),
    ...(planned === undefined ? [] : [`create release ${planned.tag} in ${target}`]),
    ...unfinished.map(({ tag, phase }) => `go on with ${tag}: ${phase === 'Ready' ? 'verify it' : 'build its image'}`),
    ...(publish === undefined || publish.due.length === 0 ? [] : [`publish ${publish.release}: ${publish.due.join(', ')}`]),
    ...(due === 0
      ? []
      : [`retire ${due} ${due === 1 ? 'release' : 'releases'} whose time is over${retired.length === 0 ? '' : `: ${shortly(retired)}`}`]),
    ...(periodics === undefined ? [] : ['see that its periodics have their schedules']),
  ];
  const because = [
    ...(planned === undefined ? [] : [`no release has the input images that are there now (hash ${planned.hash.slice(0, 19)}…)`]),
    ...(hold === undefined ? [] : [hold.until === undefined ? hold.why : `${hold.why} (until ${hold.until})`]),
    ...(publish?.errors ?? []),
    ...(publish?.lacking ?? []),
    ...waiting.map(({ for: what, why }) => `waits for ${what}: ${why}`),
  ];
  return { would, because: because.length + would.length > 0 ? because : ['there is a release for the input images that are there'] };
}

const namedAtMost = 10;

/** Names; of many only the first ones. */
export function shortly(names: readonly string[]): string {
  const rest = names.length - namedAtMost;
  return rest > 0 ? `${names.slice(0, namedAtMost).join(', ')} and ${rest} more` : names.join(', ');
}

/** What a later part of Waybill found to do, and has no words for here yet: better said plainly than not at all. */
function others(look: UsableLook): string[] {
  const isWork = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false);
  return Object.entries(look).flatMap(([key, value]) => (told.has(key) || !isWork(value) ? [] : [`${key}: ${JSON.stringify(value)}`]));
}
