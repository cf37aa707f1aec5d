import { expect, test } from 'vitest';
import { parseJql } from '../../../../infra/sandbox/jira/jql.ts';
import type { StoredIssue } from '../../../../infra/sandbox/jira/jira.ts';

const issue = { project: 'P', labels: ['a"b', 'c AND status'], status: 'New' } as StoredIssue;

test.each([
  [String.raw`project = "P" AND labels = "a\"b" AND status not in (Closed, Resolved)`, true],
  ['project = "Q"', false],
  ['labels = "c AND status"', true],
  ['status not in (New)', false],
])('%s', (query, matches) => {
  expect(parseJql(query)(issue)).toBe(matches);
});

test.each(['', 'project = P', 'project = "P" OR labels = "x"', 'status in (New)', 'order by key'])('%j is refused', (query) => {
  expect(() => parseJql(query)).toThrow('Error in the JQL Query');
});
