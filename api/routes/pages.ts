import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { homePage } from '../pages/home.ts';
import { releasePage } from '../pages/release.ts';
import { findOne, releaseList, releaseView, streamViewOf, type ViewSources } from '../views.ts';

const releasesShown = 10;
/** Everything comes from here; nothing is inline, nobody frames it. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const staticFiles = {
  'waybill.css': 'text/css; charset=utf-8',
  'waybill.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

type ByTag = { Params: { tag: string }; Querystring: { namespace?: string } };

/** The pages that people look at. */
export function pageRoutes(app: FastifyInstance, sources: ViewSources): void {
  const { catalog } = sources;
  app.get('/', (_request, reply) => {
    const streams = catalog
      .configured()
      .map((configured) => ({ view: streamViewOf(catalog, configured), recent: releaseList(catalog, configured, releasesShown) }));
    return sendPage(reply, homePage(streams));
  });
  app.get('/release/:tag', async (request: FastifyRequest<ByTag>, reply) => {
    const found = findOne(catalog, request.params.tag, request.query.namespace);
    return sendPage(reply, releasePage(await releaseView(sources, found)));
  });
  for (const [name, type] of Object.entries(staticFiles)) {
    app.get(`/static/${name}`, async (_request, reply) => {
      const content = await readFile(new URL(`../static/${name}`, import.meta.url));
      return secured(reply).header('content-type', type).header('cache-control', 'no-cache').send(content);
    });
  }
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return secured(reply).header('content-type', 'text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
}

function secured(reply: FastifyReply): FastifyReply {
  return reply
    .header('content-security-policy', contentPolicy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');
}
