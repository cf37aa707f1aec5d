import type { FastifyInstance, FastifyRequest } from 'fastify';
import { workflowIds } from '../../workflows/ids.ts';
import { Problem } from '../problem.ts';
import { findOne, findStream, releaseList, releaseView, streamViewOf, type ViewSources } from '../views.ts';

const mostReleases = 1000;
const usualReleases = 100;

type ByTag = { Params: { tag: string }; Querystring: { namespace?: string } };
type ByStream = { Querystring: { stream?: string; limit?: string } };

/** What Waybill itself tells of streams and releases. */
export function releaseRoutes(app: FastifyInstance, sources: ViewSources): void {
  const { catalog, workflows } = sources;

  app.get('/api/waybill/v1/releases/:tag', (request: FastifyRequest<ByTag>) =>
    releaseView(sources, findOne(catalog, request.params.tag, request.query.namespace)),
  );

  app.get('/api/waybill/v1/releases', (request: FastifyRequest<ByStream>) => {
    const { stream } = request.query;
    const limit = limitOf(request.query.limit);
    const streams = stream === undefined ? catalog.configured() : [findStream(catalog, stream)];
    return { releases: streams.flatMap((configured) => releaseList(catalog, configured, limit)) };
  });

  app.get('/api/waybill/v1/streams', () => ({ streams: catalog.configured().map((configured) => streamViewOf(catalog, configured)) }));

  app.get('/api/waybill/v1/streams/:name', async (request: FastifyRequest<{ Params: { name: string } }>) => {
    const configured = findStream(catalog, request.params.name);
    const { namespace = '', name } = configured.source.metadata;
    const view = streamViewOf(catalog, configured, await workflows.waiting([workflowIds.stream(namespace, name)]));
    return { ...view, recent: releaseList(catalog, configured, usualReleases) };
  });
}

/** @throws Problem 400 */
function limitOf(text: string | undefined): number {
  if (text === undefined) return usualReleases;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostReleases) return limit;
  throw new Problem(
    400,
    'Wrong parameter',
    `limit=${text} is not a number from 1 to ${mostReleases}`,
    'leave it out for the newest 100 of each stream',
  );
}
