import { z } from 'zod';
import { settingsSchema } from './schema.ts';
import type { FieldMeta } from './values.ts';

/** One setting, as people meet it. */
export interface Field extends FieldMeta {
  /** place in the file: `['serve', 'port']` */
  path: string[];
  env: string;
  default?: unknown;
}

function collect(schema: z.ZodType, path: string[]): Field[] {
  const group = unwrap(schema);
  if (group instanceof z.ZodObject && metaOf(schema) === undefined) {
    return Object.entries(group.shape as Record<string, z.ZodType>).flatMap(([key, inner]) => collect(inner, [...path, key]));
  }
  const meta = metaOf(schema);
  if (meta === undefined) throw new Error(`the setting ${path.join('.')} has no description`);
  const preset = schema instanceof z.ZodDefault ? { default: schema.def.defaultValue } : {};
  return [{ env: variable(path), ...meta, ...preset, path }];
}

/** The description stands at the innermost schema, below `default` and `optional`. */
function metaOf(schema: z.ZodType): FieldMeta | undefined {
  const own = schema.meta() as FieldMeta | undefined;
  if (own?.accepts !== undefined) return own;
  return isWrapper(schema) ? metaOf(schema.unwrap() as z.ZodType) : undefined;
}

const unwrap = (schema: z.ZodType): z.ZodType => (isWrapper(schema) ? unwrap(schema.unwrap() as z.ZodType) : schema);

const isWrapper = (schema: z.ZodType) =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;

/** `['serve', 'port']` -> `WAYBILL_SERVE_PORT` */
const variable = (path: string[]) => `WAYBILL_${path.map((key) => key.replaceAll(/[A-Z]/g, '_$&').toUpperCase()).join('_')}`;

/** Every setting, in the order of the schema. */
export const fields: readonly Field[] = collect(settingsSchema, []);
