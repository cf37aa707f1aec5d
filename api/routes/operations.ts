import type { FastifyInstance } from 'fastify';
import { sendText, sendTextError } from '../go-http.ts';
import type { ServerMetrics } from '../metrics.ts';

export interface OperationsOptions {
  /** whether everything that is shown has been read from the cluster */
  isReady: () => boolean;
  metrics: ServerMetrics;
}

/** What a platform asks of the process itself. */
export function operationsRoutes(app: FastifyInstance, { isReady, metrics }: OperationsOptions): void {
  app.get('/healthz', (_request, reply) => sendText(reply, 'OK'));
  app.get('/readyz', (_request, reply) => {
    if (!isReady()) return sendTextError(reply, 503, 'the image streams and release payloads have not been read from the cluster yet');
    return reply.send('');
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, body } = await metrics.text();
    return reply.header('content-type', type).send(body);
  });
}
