import { z } from 'zod';

/** What a setting is, for the table in docs/operations.md and for the message about a wrong value. */
export interface FieldMeta {
  description: string;
  /** ends the sentence `expected …` */
  accepts: string;
  /** never shown */
  secret?: boolean;
  /** the environment variable, where it is not derived from the place in the file */
  env?: string;
}

declare module 'zod' {
  interface GlobalMeta {
    accepts?: string;
    secret?: boolean;
    env?: string;
  }
}

const field = <T extends z.ZodType>(schema: T, meta: FieldMeta) => schema.meta({ ...meta });
const fromText = <T extends z.ZodType>(parse: (text: string) => unknown, schema: T) =>
  z.preprocess((value) => (typeof value === 'string' ? parse(value) : value), schema);

export const text = (meta: FieldMeta) => field(z.string().min(1), meta);

export const pattern = (expression: RegExp, meta: FieldMeta) => field(z.string().regex(expression), meta);

export const choice = <const T extends readonly string[]>(values: T, description: string) =>
  field(z.enum(values), { description, accepts: values.map((value) => `\`${value}\``).join(', ') });

export const flag = (description: string) =>
  field(
    fromText((value) => ({ true: true, false: false })[value] ?? value, z.boolean()),
    { description, accepts: '`true` or `false`' },
  );

export const wholeNumber = (smallest: number, largest: number, description: string) =>
  field(
    fromText((value) => (/^\d+$/.test(value) ? Number(value) : value), z.int().min(smallest).max(largest)),
    { description, accepts: `a whole number from ${smallest} to ${largest}` },
  );

export const port = (description: string) => wholeNumber(0, 65_535, description);

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time as people write it (`90s`, `6h`, `3d`); it comes out in milliseconds. */
export const duration = (description: string) =>
  field(
    z.union([z.number().nonnegative(), z.string()]).transform((value, context) => {
      const milliseconds = typeof value === 'number' ? value : parseDuration(value);
      if (milliseconds !== undefined) return milliseconds;
      context.addIssue('not a length of time');
      return z.NEVER;
    }),
    { description, accepts: 'a number with a unit (`90s`, `10m`, `6h`, `3d`), or `0`' },
  );

function parseDuration(value: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
  if (value === '0') return 0;
  return number === undefined || unit === undefined ? undefined : Number(number) * (unitMs[unit] ?? 0);
}

/** A list: comma-separated in the environment, a list or the same text in the file. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  fromText(
    (value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    z.array(item).min(1),
  );
