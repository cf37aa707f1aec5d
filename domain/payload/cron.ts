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

const descriptors = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
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
