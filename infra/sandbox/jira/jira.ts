import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseJql } from './jql.ts';

export interface StoredIssue {
  key: string;
  project: string;
  summary: string;
  description: string;
  priority: string;
  status: string;
  labels: string[];
  component?: string;
  assignee?: string;
  created: string;
  comments: { body: string; created: string }[];
  watchers: string[];
}

/** Makes matching requests slow or lets them fail. */
export interface JiraOrder {
  method: string;
  /** begins with `/rest/api/2` */
  path: RegExp;
  /** HTTP status of the answer */
  fail?: number;
  delayMs?: number;
  /** how often; for ever without */
  times?: number;
}

export interface JiraRules {
  token: string;
  /** keys of the projects that exist */
  projects: string[];
  /** names that may watch */
  users: string[];
  now?: () => Date;
}

/** A Jira that runs: its address, what is in it, and orders to it. */
export interface PlayedJira {
  url: string;
  issues: StoredIssue[];
  requests: string[];
  order(order: JiraOrder): void;
  close(): Promise<void>;
}

const priorities = ['Blocker', 'Critical', 'Major', 'Normal', 'Minor', 'Trivial'];

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Plays the part of Jira's REST API (version 2) that escalations use: search, create, comment, priority, watchers. It
 * refuses what Jira refuses: no or a wrong token, unknown projects, priorities and users, labels with blanks, queries
 * that it does not understand.
 */
export async function playJira(rules: JiraRules): Promise<PlayedJira> {
  const [issues, requests, orders]: [StoredIssue[], string[], JiraOrder[]] = [[], [], []];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '' } = request;
    requests.push(`${method} ${url.split('?')[0]}`);
    const answer = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    };
    try {
      const body = await bodyOf(request);
      const order = orders.find((each) => each.method === method && each.path.test(url) && (each.times ?? 1) > 0);
      if (order?.times !== undefined) order.times -= 1;
      if (order?.delayMs !== undefined) await pause(order.delayMs);
      if (order?.fail !== undefined) throw new Refusal(order.fail, 'told to fail');
      if (request.headers.authorization !== `Bearer ${rules.token}`)
        throw new Refusal(401, 'Client must be authenticated to access this resource.');
      const [status, content] = respond(issues, rules, method, new URL(url, 'http://jira'), body);
      answer(status, content);
    } catch (error) {
      answer(error instanceof Refusal ? error.status : 400, { errorMessages: [error instanceof Error ? error.message : String(error)] });
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issues,
    requests,
    order: (order) => void orders.push(order),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answer = [status: number, body?: unknown];

function respond(issues: StoredIssue[], rules: JiraRules, method: string, url: URL, body: unknown): Answer {
  const at = rules.now?.() ?? new Date();
  const [, key = '', rest = ''] = /^\/rest\/api\/2\/issue\/([^/]+)(\/\w+)?$/.exec(url.pathname) ?? [];
  switch (`${method} ${key === '' ? url.pathname : `issue${rest}`}`) {
    case 'GET /rest/api/2/search':
      return [200, search(issues, url.searchParams)];
    case 'POST /rest/api/2/issue':
      return [201, create(issues, rules, body, at)];
    case 'PUT issue':
      issueOf(issues, key).priority = priorityOf((body as { fields: { priority: { name: string } } }).fields.priority.name);
      return [204];
    case 'GET issue/comment':
      return [200, { comments: issueOf(issues, key).comments }];
    case 'POST issue/comment':
      issueOf(issues, key).comments.push({ body: (body as { body: string }).body, created: at.toISOString() });
      return [201, { id: '1' }];
    case 'POST issue/watchers':
      if (!rules.users.includes(String(body))) throw new Refusal(404, `The user "${String(body)}" does not exist.`);
      issueOf(issues, key).watchers.push(String(body));
      return [204];
    default:
      throw new Refusal(404, `null for uri: ${url.pathname}`);
  }
}

function search(issues: StoredIssue[], parameters: URLSearchParams) {
  const found = issues.filter(parseJql(parameters.get('jql') ?? ''));
  const page = found.slice(0, Number(parameters.get('maxResults') ?? '50'));
  const shown = page.map(({ key, summary, priority, status, labels, created }) => ({
    key,
    fields: { summary, priority: { name: priority }, status: { name: status }, labels, created },
  }));
  return { total: found.length, issues: shown };
}

interface WantedFields {
  project: { key: string };
  issuetype: { name: string };
  priority: { name: string };
  labels: string[];
  summary: string;
  description: string;
  components?: { name: string }[];
  assignee?: { name: string };
}

function create(issues: StoredIssue[], rules: JiraRules, body: unknown, at: Date): { key: string } {
  const { project, issuetype, priority, labels, summary, description, components, assignee } = (body as { fields: WantedFields }).fields;
  if (!rules.projects.includes(project.key)) throw new Refusal(400, 'project: project is required');
  if (issuetype.name !== 'Bug') throw new Refusal(400, 'issuetype: Specify a valid issue type');
  if (labels.some((label) => /\s/.test(label))) throw new Refusal(400, "labels: The label can't contain spaces");
  if (summary === '' || summary.includes('\n')) throw new Refusal(400, 'summary: You must specify a summary of one line');
  const issue: StoredIssue = {
    key: `${project.key}-${issues.length + 1}`,
    project: project.key,
    summary,
    description,
    priority: priorityOf(priority.name),
    status: 'New',
    labels,
    ...(components?.[0] && { component: components[0].name }),
    ...(assignee && { assignee: assignee.name }),
    created: at.toISOString(),
    comments: [],
    watchers: [],
  };
  issues.push(issue);
  return { key: issue.key };
}

function priorityOf(name: string): string {
  if (!priorities.includes(name)) throw new Refusal(400, `priority: The priority "${name}" does not exist`);
  return name;
}

function issueOf(issues: StoredIssue[], key: string): StoredIssue {
  const found = issues.find((issue) => issue.key === decodeURIComponent(key));
  if (found === undefined) throw new Refusal(404, 'Issue Does Not Exist');
  return found;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString('utf8');
  return body === '' ? undefined : (JSON.parse(body) as unknown);
}
