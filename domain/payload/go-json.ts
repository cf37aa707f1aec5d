/**
 * Reading JSON as Go's encoding/json reads it into structs: keys match without regard to case, unknown keys are
 * noted and passed over, `null` changes nothing, what is absent has its zero value, and a value of the wrong type is an
 * error that lets the rest be read.
 */
export interface Decoder<T> {
  /** the value of an absent key; undefined leaves the key out */
  zero(): T | undefined;
  read(value: unknown, place: Place): T | undefined;
}

/** Where the decoder is, and what it found wrong so far. */
export interface Place {
  path: string;
  problems: Misfit[];
  /** keys that no field has, for those who decode strictly */
  unknown: Misfit[];
}

/** Something that does not fit, and where in the document. */
export interface Misfit {
  path: string;
  reason: string;
}

/** The top of a document, before anything was read. */
export function topOfDocument(): Place {
  return { path: '', problems: [], unknown: [] };
}

export type Shape<T> = { [K in keyof T]-?: Decoder<T[K]> };

export const text: Decoder<string> = scalar('string', '', (value) => typeof value === 'string');
export const flag: Decoder<boolean> = scalar('bool', false, (value) => typeof value === 'boolean');
export const integer: Decoder<number> = scalar('int', 0, Number.isSafeInteger);

/** A Go pointer: absent or null means the key is left out. */
export function optional<T>(of: Decoder<T>): Decoder<T> {
  return { zero: () => undefined, read: (value, place) => of.read(value, place) };
}

export function list<T>(of: Decoder<T>): Decoder<T[]> {
  return {
    zero: () => [],
    read(value, place) {
      if (!Array.isArray(value)) return mismatch(value, place, 'list', []);
      return value.map((item, index) => readAt(of, item, place, `${place.path}[${index}]`) as T);
    },
  };
}

export function mapOf<T>(of: Decoder<T>): Decoder<Record<string, T>> {
  return {
    zero: () => ({}),
    read(value, place) {
      if (!isObject(value)) return mismatch(value, place, 'map', {});
      // fromEntries defines keys, so that even one named __proto__ stays data
      const entries = Object.entries(value).map(([key, item]) => [key, readAt(of, item, place, join(place.path, key))]);
      return Object.fromEntries(entries);
    },
  };
}

export function struct<T extends object>(shape: Shape<T>): Decoder<T> {
  const fields = Object.entries(shape) as [string, Decoder<unknown>][];
  const known = new Set(fields.map(([key]) => key.toLowerCase()));
  const read = (value: unknown, place: Place) => {
    const given = isObject(value) ? foldKeys(value) : mismatch(value, place, 'object', new Map<string, unknown>());
    if (isObject(value)) noteUnknown(Object.keys(value), known, place);
    const pairs = fields.map(([key, of]) => [key, readAt(of, given.get(key.toLowerCase()), place, join(place.path, key))]);
    return Object.fromEntries(pairs.filter(([, item]) => item !== undefined)) as T;
  };
  return { zero: () => read({}, topOfDocument()), read };
}

function noteUnknown(keys: readonly string[], known: ReadonlySet<string>, { path, unknown }: Place): void {
  for (const key of keys)
    if (!known.has(key.toLowerCase())) unknown.push({ path: join(path, key), reason: `json: unknown field ${JSON.stringify(key)}` });
}

function scalar<T>(type: string, zero: T, fits: (value: unknown) => boolean): Decoder<T> {
  return { zero: () => zero, read: (value, place) => (fits(value) ? (value as T) : mismatch(value, place, type, zero)) };
}

function readAt<T>(of: Decoder<T>, value: unknown, place: Place, path: string): T | undefined {
  return value === undefined || value === null ? of.zero() : of.read(value, { ...place, path });
}

/** Of keys that differ only in case the last one counts, as it overwrites the field; a null overwrites nothing. */
function foldKeys(value: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key.toLowerCase(), item]])));
}

function mismatch<T>(value: unknown, { path, problems }: Place, type: string, instead: T): T {
  const into = path === '' ? 'a document' : `field ${path}`;
  problems.push({ path, reason: `json: cannot unmarshal ${kindOf(value)} into ${into} of type ${type}` });
  return instead;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
