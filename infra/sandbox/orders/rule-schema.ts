import { parse } from 'yaml';
import { z } from 'zod';

const pattern = z.string().transform((text, context) => {
  try {
    return new RegExp(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not a regular expression' });
    return z.NEVER;
  }
});
const seconds = z.number().min(0).max(86_400).optional();
const listOf = <T extends string>(...outcomes: [T, ...T[]]) => z.array(z.enum(outcomes)).min(1).default([outcomes[0]]);

const prowRule = z.strictObject({
  job: pattern,
  release: pattern.optional(),
  namespace: pattern.optional(),
  outcomes: listOf('success', 'failure', 'error', 'aborted'),
  seconds,
});
const jobRule = z.strictObject({
  job: pattern,
  namespace: pattern.optional(),
  outcomes: listOf('success', 'failure'),
  seconds,
  message: z.string().optional(),
  exitCode: z.number().int().min(1).max(255).default(1),
  container: z.string().optional(),
  skipBackoff: z.boolean().default(false),
});
const importRule = z.strictObject({
  repository: pattern,
  namespace: pattern.optional(),
  outcome: z.enum(['ok', 'fail']).default('ok'),
  seconds,
  message: z.string().optional(),
});

const updateRule = z.strictObject({
  channel: pattern,
  outcome: z.enum(['ok', 'fail']).default('ok'),
  seconds,
  status: z.int().min(400).max(599).default(503),
});
const updateRelease = z.strictObject({
  version: z.string().min(1),
  channels: z.array(z.string().min(1)).min(1),
  arch: z.string().default('amd64'),
  payload: z.string().optional(),
  from: z.array(z.string()).default([]),
});

export type JobRule = z.infer<typeof jobRule>;
export type ImportRule = z.infer<typeof importRule>;

/** One ConfigMap of orders each, and the shape of its rules. */
export const ruleSchemas = {
  'prow-rules': prowRule,
  'job-rules': jobRule,
  'import-rules': importRule,
  'update-rules': updateRule,
  'update-releases': updateRelease,
} as const;
export type RuleBook = keyof typeof ruleSchemas;
export type RuleOf<B extends RuleBook> = z.infer<(typeof ruleSchemas)[B]>;

/**
 * Reads a list of rules, one by one: a malformed rule is left out and described, the others hold.
 *
 * @param text YAML, a list; nothing is an empty list
 */
export function parseRules<B extends RuleBook>(book: B, text: string): { rules: RuleOf<B>[]; problems: string[] } {
  const list = listIn(text);
  if (typeof list === 'string') return { rules: [], problems: [list] };
  const rules: RuleOf<B>[] = [];
  const problems: string[] = [];
  for (const [index, entry] of list.entries()) {
    const result = ruleSchemas[book].safeParse(entry);
    if (result.success) rules.push(result.data as RuleOf<B>);
    else
      problems.push(
        `rule ${index + 1} is ignored: ${result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ')}`,
      );
  }
  return { rules, problems };
}

function listIn(text: string): unknown[] | string {
  try {
    const value: unknown = parse(text) ?? [];
    return Array.isArray(value) ? value : 'all rules are ignored: rules.yaml is not a list';
  } catch (error) {
    return `all rules are ignored: rules.yaml is not YAML: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Outcome `run` (from 0) of a rule; the last one repeats. */
export const outcomeOf = <T>(outcomes: readonly T[], run: number): T => outcomes[Math.min(run, outcomes.length - 1)] as T;
