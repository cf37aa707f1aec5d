import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure, send } from './answers.ts';
import type { Upstream } from './upstream.ts';

/** Passes a request on and its answer back, as they come: watches are streams that last for minutes. */
export function pass(upstream: Upstream, request: IncomingMessage, response: ServerResponse): void {
  const onward = upstream.request(request.method ?? 'GET', request.url ?? '/', request.headers);
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    // a watch may have nothing to say for a long time, and its caller waits for the headers
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else send(response, failure(503, 'ServiceUnavailable', `the API server does not answer: ${error.message}`));
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
