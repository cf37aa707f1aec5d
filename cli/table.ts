import { printable } from './io.ts';

/** Columns as wide as their widest cell, two blanks between them; the last one is never padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const lineOf = (line: readonly string[]) =>
    line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return `${lines.map((line) => lineOf(line).trimEnd()).join('\n')}\n`;
}

/** `3d`, `5h`, `12m`, `40s`: the age of something, roughly. */
export function age(rfc3339: string | undefined, now: number): string {
  const ms = rfc3339 === undefined ? Number.NaN : now - Date.parse(rfc3339);
  if (Number.isNaN(ms)) return '-';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
