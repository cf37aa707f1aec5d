import type { ServerResponse } from 'node:http';
import { KubernetesError } from '../../../activities/kubernetes/client.ts';

/** What the front answers itself: an object, with the HTTP status that it comes with. */
export interface Reply {
  status: number;
  body: unknown;
}

/** Refusals are Status objects, which every client of Kubernetes understands. */
export function failure(code: number, reason: string, message: string, details: object = {}): Reply {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
  return { status: code, body };
}

export const success: Reply = { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };

const group = 'image.openshift.io';

export const notFound = (plural: string, name: string): Reply =>
  failure(404, 'NotFound', `${plural}.${group} "${name}" not found`, { name, group, kind: plural });

export const conflict = (plural: string, name: string, why: string): Reply =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${plural}.${group} "${name}": ${why}`, { name, group, kind: plural });

export const badRequest = (message: string): Reply => failure(400, 'BadRequest', message);

/** What the API server refuses for one of its own objects is passed on as it was said. */
export function replyOfError(error: unknown): Reply {
  if (error instanceof KubernetesError && error.status >= 400) return failure(error.status, error.reason, error.message);
  return failure(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`);
}

export function send(response: ServerResponse, { status, body }: Reply): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache',
  });
  response.end(text);
}
