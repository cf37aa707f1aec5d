import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { fields, type Field } from './fields.ts';
import { settingsSchema, type Settings } from './schema.ts';

export type { Settings } from './schema.ts';

/** Settings that can not be used. The message has a line for each of them, with what would be accepted. */
export class SettingsError extends Error {}

type Tree = { [key: string]: unknown };

/**
 * Reads the settings once, for an entry point: environment, else the file that `WAYBILL_CONFIG` names (JSON or
 * YAML), else defaults. An empty variable counts as absent.
 *
 * @throws SettingsError when a value is wrong
 */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  const file = env['WAYBILL_CONFIG'] || undefined;
  const tree = file === undefined ? {} : readFile(file);
  const given = fields.filter((field) => env[field.env]);
  for (const field of given) put(tree, field.path, env[field.env]);

  const result = settingsSchema.safeParse(tree);
  if (!result.success) throw new SettingsError(result.error.issues.flatMap((issue) => complaints(issue, tree, env, file)).join('\n'));
  const conflicts = contradictions(result.data);
  if (conflicts.length > 0) throw new SettingsError(conflicts.join('\n'));
  return result.data;
}

function readFile(path: string): Tree {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SettingsError(`WAYBILL_CONFIG=${path}: ${(error as Error).message}`);
  }
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content))
    throw new SettingsError(`WAYBILL_CONFIG=${path}: expected settings by name, in JSON or YAML`);
  return content as Tree;
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = tree[key];
  const branch: Tree = typeof inner === 'object' && inner !== null ? (inner as Tree) : {};
  tree[key] = branch;
  put(branch, rest, value);
}

function complaints(issue: z.core.$ZodIssue, tree: Tree, env: NodeJS.ProcessEnv, file: string | undefined): string[] {
  const where = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...where, key].join('.')} in ${file}: there is no such setting`);
  const field = fields.find(({ path }) => path.every((key, index) => where[index] === key));
  if (field === undefined) return [`${where.join('.')} in ${file}: ${issue.message}`];
  return [`${sourceOf(field, tree, env, file)}: expected ${field.accepts}`];
}

function sourceOf(field: Field, tree: Tree, env: NodeJS.ProcessEnv, file: string | undefined): string {
  const value = field.path.reduce<unknown>((at, key) => (at as Tree | undefined)?.[key], tree);
  const shown = field.secret ? '(secret)' : typeof value === 'string' ? value : JSON.stringify(value);
  return env[field.env] ? `${field.env}=${shown}` : `${field.path.join('.')}: ${shown} in ${file}`;
}

/** What is wrong only together. */
function contradictions({ temporal, signingKey, releaseNamespaces, publishNamespaces, jira, releaseQualifiers }: Settings): string[] {
  const found: string[] = [];
  if (signingKey.file !== undefined && signingKey.secret !== undefined)
    found.push('WAYBILL_SIGNING_KEY_FILE and WAYBILL_SIGNING_KEY_SECRET: give one of them');
  if ((temporal.tlsCertFile === undefined) !== (temporal.tlsKeyFile === undefined)) {
    found.push('WAYBILL_TEMPORAL_TLS_CERT_FILE and WAYBILL_TEMPORAL_TLS_KEY_FILE: give both or neither');
  }
  const remote = temporal.apiKey !== undefined || temporal.tls || temporal.tlsCertFile !== undefined;
  if (remote && temporal.address === undefined) found.push('WAYBILL_TEMPORAL_ADDRESS: needed with TLS or an API key');
  if (jira.url !== undefined) {
    const signedIn = jira.tokenFile !== undefined || (jira.username !== undefined && jira.passwordFile !== undefined);
    if (!signedIn) found.push('WAYBILL_JIRA_URL: needs WAYBILL_JIRA_TOKEN_FILE, or WAYBILL_JIRA_USERNAME and WAYBILL_JIRA_PASSWORD_FILE');
    if (releaseQualifiers === undefined) found.push('WAYBILL_JIRA_URL: needs WAYBILL_RELEASE_QUALIFIERS, which say what is escalated');
  }
  const both = releaseNamespaces === 'labelled' ? [] : publishNamespaces.filter((name) => releaseNamespaces.includes(name));
  if (both.length > 0) found.push(`WAYBILL_RELEASE_NAMESPACES and WAYBILL_PUBLISH_NAMESPACES may not overlap: ${both.join(', ')}`);
  return found;
}
