import { fields, type Field } from './fields.ts';

/** The settings as a Markdown table, for docs/operations.md. */
export function settingsTable(): string {
  const rows = fields.map((field) => [
    `\`${field.env}\``,
    `\`${field.path.join('.')}\``,
    shownDefault(field),
    field.accepts,
    field.description,
  ]);
  const header = ['environment', 'in the file', 'default', 'accepts', 'what it is'];
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escape).join(' | ')} |`).join('\n');
}

function shownDefault({ default: value, accepts }: Field): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  if (typeof value === 'number' && accepts.startsWith('a number with a unit')) return `\`${shownDuration(value)}\``;
  if (Array.isArray(value)) return `\`${value.join(',')}\``;
  if (typeof value === 'object' && value !== null && 'name' in value) return `\`configmap:${Object.values(value).slice(1).join('/')}\``;
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function shownDuration(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes === 0) return '0';
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

const escape = (cell: string) => cell.replaceAll('|', '\\|');
