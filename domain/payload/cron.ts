import { parseGoDuration } from './go-duration.ts';

interface Field {
  name: string;
  lowest: number;
  highest: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Field[] = [
  { name: 'second', lowest: 0, highest: 59 },
  { name: 'minute', lowest: 0, highest: 59 },
  { name: 'hour', lowest: 0, highest: 23 },
  { name: 'day of month', lowest: 1, highest: 31 },
  { name: 'month', lowest: 1, highest: 12, names: months },
  { name: 'day of week', lowest: 0, highest: 6, names: weekdays },
];

/** What they stand for, with seconds. */
const descriptors = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@annually', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * 0'],
  ['@daily', '0 0 0 * * *'],
  ['@midnight', '0 0 0 * * *'],
  ['@hourly', '0 0 * * * *'],
]);
const zone = /^(?:CRON_)?TZ=\S+\s+/;

/**
 * Whether release-controller takes this cron text: five fields, or six with seconds first, or a descriptor
 * (`@daily`, `@every 6h`); a time zone may stand before them (robfig/cron, which it uses).
 *
 * @returns what is wrong, or undefined
 */
export function cronProblem(text: string): string | undefined {
  const spec = text.replace(zone, '').trim();
  if (spec === '') return 'the cron text is empty';
  if (spec.startsWith('@')) return descriptorProblem(spec);
  const given = spec.split(/\s+/);
  if (given.length !== 5 && given.length !== 6) return `expected 5 or 6 fields, found ${given.length}: ${spec}`;
  const wanted = given.length === 6 ? fields : fields.slice(1);
  return firstDefined(wanted, (field, index) => fieldProblem(given[index] ?? '', field));
}

export type CronTimes =
  /** seven fields each, as Temporal's schedules take them: seconds first, years last, numbers only */
  { kind: 'calendar'; expressions: string[] } | { kind: 'every'; ms: number };

/**
 * When a cron text is due, in UTC. Where both days are restricted either is enough, as cron has it and Temporal has
 * not: so there are two expressions. A time zone is refused, since the running controller puts its own before the text.
 */
export function cronTimes(text: string): { ok: true; times: CronTimes } | { ok: false; error: string } {
  const error = zone.test(text) ? 'times are in UTC, a time zone is not taken' : cronProblem(text);
  if (error !== undefined) return { ok: false, error };
  const spec = text.trim();
  const [, every] = /^@every (.+)$/.exec(spec) ?? [];
  if (every !== undefined) return { ok: true, times: { kind: 'every', ms: wholeSeconds(every) } };
  const given = (descriptors.get(spec) ?? spec).split(/\s+/);
  const parts = (given.length === 5 ? ['0', ...given] : given).map((field, index) => numbered(field, fields[index] as Field));
  const [second, minute, hour, day, month, weekday] = parts as [string, string, string, string, string, string];
  const expression = (days: string, weekdays: string) => [second, minute, hour, days, month, weekdays, '*'].join(' ');
  const either = ![day, weekday].some((field) => field.split(',').includes('*'));
  return {
    ok: true,
    times: { kind: 'calendar', expressions: either ? [expression(day, '*'), expression('*', weekday)] : [expression(day, weekday)] },
  };
}

/** Shorter than a second is a second; the rest of one is cut off. */
function wholeSeconds(duration: string): number {
  const parsed = parseGoDuration(duration);
  return Math.max(1, Math.trunc((parsed.ok ? parsed.ms : 0) / 1000)) * 1000;
}

/** The field without names and without what only cron understands: `?`, `5/10` for `5-59/10`, and a step of 1. */
function numbered(text: string, { lowest, highest, names }: Field): string {
  const part = (one: string) => {
    const [range = '', step] = one.split('/');
    const ends = range === '?' ? ['*'] : range.split('-').map((end) => (end === '*' ? end : String(valueOf(end, lowest, names))));
    if (step === undefined || step === '1')
      return step === '1' && ends.length === 1 && ends[0] !== '*' ? `${ends[0]}-${highest}` : ends.join('-');
    return `${ends.length === 1 && ends[0] !== '*' ? `${ends[0]}-${highest}` : ends.join('-')}/${step}`;
  };
  return text.split(',').map(part).join(',');
}

function descriptorProblem(spec: string): string | undefined {
  if (descriptors.has(spec)) return undefined;
  const [, every] = /^@every (.+)$/.exec(spec) ?? [];
  if (every === undefined) return `there is no descriptor ${spec}`;
  const duration = parseGoDuration(every);
  return duration.ok ? undefined : duration.error;
}

function fieldProblem(text: string, field: Field): string | undefined {
  return firstDefined(text.split(','), (part) => partProblem(part, field));
}

/** A value, a range or a star, each with an optional step. */
function partProblem(part: string, { name, lowest, highest, names }: Field): string | undefined {
  const where = `${name} ${JSON.stringify(part)}`;
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0) return `${where} has more than one slash`;
  if (step !== undefined && !/^[1-9]\d*$/.test(step)) return `${where} has a step that is no number above 0`;
  if (range === '*' || range === '?') return undefined;

  const ends = range.split('-');
  if (ends.length > 2) return `${where} has more than one dash`;
  const numbers = ends.map((end) => valueOf(end, lowest, names));
  if (numbers.includes(undefined)) return `${where} is neither a number nor a name`;
  const [from = 0, to = from] = numbers as number[];
  if (from < lowest) return `${where} is below ${lowest}`;
  if (to > highest || from > highest) return `${where} is above ${highest}`;
  return from > to ? `${where} ends before it begins` : undefined;
}

function valueOf(text: string, lowest: number, names: readonly string[] = []): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + lowest;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function firstDefined<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  return items.map(find).find((found) => found !== undefined);
}
