import type { StoredIssue } from './jira.ts';

/** A condition of Jira's query language that the played Jira knows. */
type Condition = (issue: StoredIssue) => boolean;

const text = String.raw`"((?:[^"\\]|\\.)*)"`;
const forms: [RegExp, (...parts: string[]) => Condition][] = [
  [
    new RegExp(`^project = ${text}$`),
    (project = '') =>
      (issue) =>
        issue.project === unquoted(project),
  ],
  [
    new RegExp(`^labels = ${text}$`),
    (label = '') =>
      (issue) =>
        issue.labels.includes(unquoted(label)),
  ],
  [
    /^status not in \((\w+(?:, \w+)*)\)$/,
    (statuses = '') => {
      const closed = statuses.split(', ');
      return (issue) => !closed.includes(issue.status);
    },
  ],
];

const unquoted = (quoted: string) => quoted.replaceAll(/\\(.)/g, '$1');

/**
 * Reads a query of the few forms that we send: `project = "P" AND labels = "l" AND status not in (A, B)`.
 *
 * @throws Error for everything else, as Jira refuses what it does not understand
 */
export function parseJql(query: string): Condition {
  const conditions = query.split(/ AND (?=(?:project|labels|status) )/).map((part) => {
    for (const [form, condition] of forms) {
      const [matched, ...parts] = form.exec(part) ?? [];
      if (matched !== undefined) return condition(...parts);
    }
    throw new Error(`Error in the JQL Query: '${part}' is not understood`);
  });
  return (issue) => conditions.every((condition) => condition(issue));
}
