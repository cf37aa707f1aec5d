import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { components, variableOf } from '../../../infra/local/components/table.ts';
import { fields } from '../../../infra/settings/fields.ts';
import { settingsTable } from '../../../infra/settings/table.ts';

const file = join(import.meta.dirname, '../../../docs/operations.md');
const marked = /(<!-- settings -->\n)([\s\S]*)(\n<!-- \/settings -->)/;

test('docs/operations.md has the table of all settings', async () => {
  const text = readFileSync(file, 'utf8').replace(marked, (_, before: string, _table, after: string) => before + settingsTable() + after);
  await expect(text).toMatchFileSnapshot(file);
});

test('docs/operations.md names the variable of every program', () => {
  const text = readFileSync(file, 'utf8');
  for (const component of Object.values(components)) expect(text).toContain(`| ${component.name} | \`${variableOf(component)}\` |`);
});

test('no setting and no program share a variable', () => {
  const variables = [...fields.map(({ env }) => env), ...Object.values(components).map(variableOf)];
  expect(new Set(variables).size).toBe(variables.length);
});
