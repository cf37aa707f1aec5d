import type { FastifyReply } from 'fastify';

/*
 * The manners of a Go net/http server, which release-controller's clients are used to.
 */

/** A plain-text error as Go's http.Error sends it. */
export function sendTextError(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(`${message}\n`));
}

/** A plain value on a line of its own, with the content type that release-controller sets. */
export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', 'text/plain').send(Buffer.from(`${text}\n`));
}

/** JSON as encoding/json indents it, without a charset in the content type. */
export function sendJson(reply: FastifyReply, value: unknown, indent = '  '): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(`${goJson(value, indent)}\n`));
}

/** JSON as Go writes it: HTML characters escaped; a Map is an object whose keys are sorted by byte order. */
export function goJson(value: unknown, indent: string, depth = ''): string {
  if (Array.isArray(value))
    return bracketed(
      '[',
      value.map((item) => goJson(item, indent, depth + indent)),
      ']',
      indent,
      depth,
    );
  if (typeof value !== 'object' || value === null) return escaped(JSON.stringify(value ?? null));
  const entries: [string, unknown][] =
    value instanceof Map ? [...value].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : Object.entries(value);
  const fields = entries.map(([key, item]) => `${escaped(JSON.stringify(key))}: ${goJson(item, indent, depth + indent)}`);
  return bracketed('{', fields, '}', indent, depth);
}

function bracketed(open: string, items: string[], close: string, indent: string, depth: string): string {
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${depth}${indent}${item}`).join(',\n')}\n${depth}${close}`;
}

function escaped(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Parameters of a query string; pairs that Go's url.ParseQuery can not read are left out. */
export function queryOf(url: string): { first(key: string): string; all(key: string): string[] } {
  const at = url.indexOf('?');
  const pairs =
    at === -1
      ? []
      : url
          .slice(at + 1)
          .split('&')
          .flatMap(pairOf);
  const all = (key: string) => pairs.filter(([name]) => name === key).map(([, value]) => value);
  return { all, first: (key) => all(key)[0] ?? '' };
}

function pairOf(text: string): [string, string][] {
  if (text === '' || text.includes(';')) return [];
  const [key = '', ...value] = text.replaceAll('+', ' ').split('=');
  try {
    return [[decodeURIComponent(key), decodeURIComponent(value.join('='))]];
  } catch {
    return [];
  }
}

/** Reads a decimal integer with the messages of strconv.Atoi. */
export function parseGoInteger(text: string): { ok: true; value: number } | { ok: false; error: string } {
  const complaint = (what: string) => ({ ok: false as const, error: `strconv.Atoi: parsing ${JSON.stringify(text)}: ${what}` });
  if (!/^[+-]?\d+$/.test(text)) return complaint('invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? { ok: true, value: Number(value) } : complaint('value out of range');
}

/** The path that Go's ServeMux redirects to: without `//`, `.` and `..`; undefined where it is clean already. */
export function cleanedPath(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const cleaned = `/${parts.join('/')}${parts.length > 0 && path.endsWith('/') ? '/' : ''}`;
  return cleaned === path ? undefined : cleaned;
}
