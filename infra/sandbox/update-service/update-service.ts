import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../loop/log.ts';
import type { Rules } from '../orders/rules.ts';
import { graphOf, refusalOf } from './graph.ts';

export interface UpdateServiceOptions {
  rules: Rules;
  /** 0 for any free one */
  port: number;
  signal: AbortSignal;
  log: Log;
}

const paths = new Set(['/api/upgrades_info/graph', '/api/upgrades_info/v1/graph']);

/** Plays the OpenShift Update Service: the releases of a channel, from orders. @returns the address that clients ask */
export async function playUpdateService({ rules, port, signal, log }: UpdateServiceOptions): Promise<string> {
  const server = createServer((request, response) => {
    answer(rules, request, response).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'the update service could not answer');
      send(response, 500, { kind: 'internal_error', value: 'internal server error' });
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/upgrades_info/graph`;
}

async function answer(rules: Rules, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (!paths.has(pathname)) return send(response, 404, { kind: 'not_found', value: `there is nothing at ${pathname}` });
  if (request.method !== 'GET') return send(response, 405, { kind: 'method_not_allowed', value: 'only GET is answered' });
  const refusal = refusalOf(searchParams, request.headers.accept ?? '');
  if (refusal !== undefined) return send(response, refusal.status, refusal.body);
  const channel = searchParams.get('channel') ?? '';
  const rule = (await rules.of('update-rules', 0n)).find((one) => one.channel.test(channel));
  if (rule?.seconds !== undefined) await new Promise((later) => setTimeout(later, rule.seconds! * 1000));
  if (rule?.outcome === 'fail') return send(response, rule.status, { kind: 'failed_upstream_fetch', value: 'as ordered' });
  send(response, 200, graphOf(await rules.of('update-releases', 0n), channel, searchParams.get('arch') ?? 'amd64'));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
