import { z } from 'zod';
import type { Parameters } from './query.ts';

const text = z.strictObject({ type: z.literal('STRING') });
const list = z.strictObject({ type: z.literal('ARRAY'), arrayType: text });
const parameter = z.union([
  z.strictObject({ name: z.string().regex(/^[a-z]\w*$/), parameterType: text, parameterValue: z.strictObject({ value: z.string() }) }),
  z.strictObject({
    name: z.string().regex(/^[a-z]\w*$/),
    parameterType: list,
    parameterValue: z.strictObject({ arrayValues: z.array(z.strictObject({ value: z.string() })) }),
  }),
]);

/** Body of `jobs.query`. */
const queryRequest = z.strictObject({
  query: z.string().min(1),
  useLegacySql: z.literal(false),
  requestId: z.string().max(36).optional(),
  timeoutMs: z.int().positive().optional(),
  maxResults: z.int().positive().optional(),
  location: z.string().optional(),
  formatOptions: z.strictObject({ useInt64Timestamp: z.boolean() }).optional(),
  parameterMode: z.literal('NAMED').or(z.literal('named')),
  queryParameters: z.array(parameter),
});

/** Query of `getQueryResults`. */
const resultsRequest = z.strictObject({
  pageToken: z.string().optional(),
  location: z.string().optional(),
  maxResults: z.string().regex(/^\d+$/).optional(),
  timeoutMs: z.string().regex(/^\d+$/).optional(),
  'formatOptions.useInt64Timestamp': z.enum(['true', 'false']).optional(),
  prettyPrint: z.enum(['true', 'false']).optional(),
});

/** @throws Error that names what is unknown, missing or wrong */
export function readQueryRequest(body: unknown): { sql: string; parameters: Parameters } {
  const { query, queryParameters } = parsed(queryRequest, body);
  const parameters = new Map<string, string | readonly string[]>();
  for (const { name, parameterValue } of queryParameters) {
    if (parameters.has(name)) throw new Error(`Duplicate query parameter '${name}'`);
    parameters.set(name, 'value' in parameterValue ? parameterValue.value : parameterValue.arrayValues.map(({ value }) => value));
  }
  return { sql: query, parameters };
}

/** @throws Error as above */
export const readResultsRequest = (search: URLSearchParams) => parsed(resultsRequest, Object.fromEntries(search));

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(
    `Invalid JSON payload received. ${result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  );
}
