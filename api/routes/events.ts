import type { FastifyInstance } from 'fastify';
import type { EventFeed } from '../event-feed.ts';

/** Server-sent events: `changed` with the names of the streams and releases that did. */
export function eventRoute(app: FastifyInstance, feed: EventFeed): void {
  app.get('/api/waybill/v1/events', (_request, reply) => {
    reply.hijack();
    feed.open(reply.raw);
  });
  // Fastify waits for open requests when it closes
  app.addHook('preClose', (done) => {
    feed.close();
    done();
  });
}
