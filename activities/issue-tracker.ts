import { readFile } from 'node:fs/promises';
import { openIssueQuery, type WantedIssue } from '../domain/payload/escalation-issue.ts';

/** What we ask of an issue tracker. Every answer that is not success is an ordinary error: it is tried again later. */
export interface IssueTracker {
  findOpen(issue: Pick<WantedIssue, 'project' | 'label'>): Promise<FoundIssue | undefined>;
  /** @returns its key */
  create(issue: WantedIssue): Promise<string>;
  comment(key: string, text: string): Promise<void>;
  /** newest last */
  comments(key: string): Promise<{ text: string; createdAt: string }[]>;
  setPriority(key: string, priority: string): Promise<void>;
  watch(key: string, user: string): Promise<void>;
}

export interface FoundIssue {
  key: string;
  priority: string;
  createdAt: string;
}

export interface JiraOptions {
  url: string;
  tokenFile?: string;
  username?: string;
  passwordFile?: string;
  fetch?: typeof fetch;
}

const patienceMs = 20_000;

/** Jira's REST API, version 2. Secrets are read anew for each request, so that they may be replaced; no message has them. */
export function jiraTracker({ url, tokenFile, username, passwordFile, fetch: ask = fetch }: JiraOptions): IssueTracker {
  const authorization = async () => {
    if (tokenFile !== undefined) return `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
    const password = passwordFile === undefined ? '' : (await readFile(passwordFile, 'utf8')).trim();
    return `Basic ${Buffer.from(`${username ?? ''}:${password}`).toString('base64')}`;
  };
  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await ask(`${url.replace(/\/$/, '')}/rest/api/2${path}`, {
      method,
      headers: { authorization: await authorization(), accept: 'application/json', 'content-type': 'application/json' },
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Jira answers ${method} ${path.split('?')[0]} with ${response.status}: ${text.slice(0, 300)}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const issue = (key: string, rest = '') => `/issue/${encodeURIComponent(key)}${rest}`;

  return {
    async findOpen(wanted) {
      const query = new URLSearchParams({ jql: openIssueQuery(wanted), maxResults: '1', fields: 'summary,priority,status,labels,created' });
      const answer = (await request('GET', `/search?${query.toString()}`)) as { issues?: JiraIssue[] };
      const [found] = answer.issues ?? [];
      if (found === undefined) return undefined;
      return { key: found.key, priority: found.fields.priority?.name ?? '', createdAt: found.fields.created ?? '' };
    },
    async create({ project, label, priority, summary, description, component, assignee }) {
      const fields = {
        project: { key: project },
        issuetype: { name: 'Bug' },
        priority: { name: priority },
        labels: [label],
        summary,
        description,
        ...(component === undefined ? {} : { components: [{ name: component }] }),
        ...(assignee === undefined ? {} : { assignee: { name: assignee } }),
      };
      return ((await request('POST', '/issue', { fields })) as { key: string }).key;
    },
    comment: async (key, text) => void (await request('POST', issue(key, '/comment'), { body: text })),
    async comments(key) {
      const answer = (await request('GET', issue(key, '/comment'))) as { comments?: { body: string; created: string }[] };
      return (answer.comments ?? []).map(({ body, created }) => ({ text: body, createdAt: created }));
    },
    setPriority: async (key, priority) => void (await request('PUT', issue(key), { fields: { priority: { name: priority } } })),
    watch: async (key, user) => void (await request('POST', issue(key, '/watchers'), user)),
  };
}

interface JiraIssue {
  key: string;
  fields: { priority?: { name: string }; created?: string };
}
