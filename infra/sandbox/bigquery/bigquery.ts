import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JobRow, parseQuery, schemaOf } from './query.ts';
import { readQueryRequest, readResultsRequest } from './request.ts';

/** What comes of the next request. */
export interface BigQueryOrder {
  /** HTTP status of the answer */
  fail?: number;
  /** the query goes on for longer than its client waits */
  unfinished?: boolean;
  /** no answer at all */
  silent?: boolean;
}

export interface BigQueryRules {
  project: string;
  /** rows of an answer; the real one cuts it at some megabytes */
  pageSize?: number;
  now?: () => Date;
}

/** A BigQuery that runs: its address, its table `ci_analysis_us.jobs`, and orders to it. */
export interface PlayedBigQuery {
  url: string;
  table: JobRow[];
  /** `POST queries`, `GET queries/job_1` */
  requests: string[];
  /** parameters of the queries, as they came */
  asked: Record<string, unknown>[];
  order(order: BigQueryOrder): void;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Job {
  columns: (keyof JobRow)[];
  rows: JobRow[];
}

const reasons: Readonly<Record<number, string>> = { 400: 'invalidQuery', 403: 'accessDenied', 404: 'notFound', 503: 'backendError' };

/**
 * Plays the part of BigQuery's REST API (version 2) that the history of jobs uses: `jobs.query` with named parameters,
 * `jobs.getQueryResults` for further pages. It refuses unknown projects, jobs and page tokens, fields and parameters that
 * it does not know, and every query but the one that we send.
 */
export async function playBigQuery({ project, pageSize = 100, now = () => new Date() }: BigQueryRules): Promise<PlayedBigQuery> {
  const [table, requests, orders, asked]: [JobRow[], string[], BigQueryOrder[], Record<string, unknown>[]] = [[], [], [], []];
  const jobs = new Map<string, Job>();

  const page = (id: string, { columns, rows }: Job, from: number) => ({
    schema: schemaOf(columns),
    jobReference: { projectId: project, jobId: id, location: 'US' },
    totalRows: String(rows.length),
    jobComplete: true,
    rows: rows.slice(from, from + pageSize).map((row) => ({ f: columns.map((column) => ({ v: valueOf(row[column]) })) })),
    ...(from + pageSize < rows.length && { pageToken: `from-${from + pageSize}` }),
  });

  const respond = (method: string, url: URL, body: unknown, { unfinished = false }: BigQueryOrder): unknown => {
    const [, wanted = '', path = ''] = /^\/bigquery\/v2\/projects\/([^/]+)\/(queries(?:\/\w+)?)$/.exec(url.pathname) ?? [];
    requests.push(`${method} ${path}`);
    if (path === '') throw new Refusal(404, `Not found: ${method} ${url.pathname}`);
    if (decodeURIComponent(wanted) !== project) throw new Refusal(403, `Access Denied: Project ${wanted}: User does not have permission`);
    const search = readResultsRequest(url.searchParams);
    if (method === 'POST' && path === 'queries') {
      const { sql, parameters } = readQueryRequest(body);
      const query = parseQuery(sql, parameters, now());
      if (query.project !== project) throw new Refusal(404, `Not found: Dataset ${query.project}:ci_analysis_us`);
      asked.push(Object.fromEntries(parameters));
      const id = `job_${jobs.size + 1}`;
      const job = { columns: query.columns, rows: query.rowsOf(table) };
      jobs.set(id, job);
      return unfinished ? { jobReference: { projectId: project, jobId: id, location: 'US' }, jobComplete: false } : page(id, job, 0);
    }
    const id = path.slice('queries/'.length);
    const job = jobs.get(id);
    if (method !== 'GET' || job === undefined) throw new Refusal(404, `Not found: Job ${project}:${id}`);
    const from = /^from-(\d+)$/.exec(search.pageToken ?? 'from-0')?.[1];
    if (from === undefined) throw new Refusal(400, `Invalid value for pageToken: ${search.pageToken}`);
    return page(id, job, Number(from));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/' } = request;
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const body = await bodyOf(request);
      const order = orders.shift() ?? {};
      const content = respond(method, new URL(url, 'http://bigquery'), body, order);
      if (order.fail !== undefined) throw new Refusal(order.fail, 'told to fail');
      if (order.silent !== true) answer(200, content);
    } catch (error) {
      const code = error instanceof Refusal ? error.status : 400;
      const message = error instanceof Error ? error.message : String(error);
      answer(code, { error: { code, message, errors: [{ message, domain: 'global', reason: reasons[code] }] } });
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    table,
    requests,
    asked,
    order: (order) => void orders.push(order),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const valueOf = (value: string | boolean | null) => (value === null ? null : String(value));

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? undefined : (JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown);
}
