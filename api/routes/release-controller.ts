import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { METHODS } from 'node:http';
import type { TagReference } from '../../domain/payload/kinds.ts';
import { displayPhase, latestAccepted, releaseLocation, type CatalogStream, type Selection } from '../../domain/payload/stream-catalog.ts';
import { parseVersionRange } from '../../domain/payload/version-range.ts';
import type { Catalog } from '../catalog.ts';
import { parseGoInteger, queryOf, sendJson, sendText, sendTextError } from '../go-http.ts';

export interface ReleaseControllerOptions {
  catalog: Catalog;
  /** host of the file server with extracted clients; without one there are no download links */
  artifactsHost?: string;
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

const formatError = "error: Must specify one of '', 'json', 'pullSpec', 'name', or 'downloadURL";

/**
 * The routes of openshift/release-controller (cmd/release-controller-api/http.go), as its clients know them: any
 * method, plain-text errors, Go's JSON.
 */
export function releaseControllerRoutes(app: FastifyInstance, options: ReleaseControllerOptions): void {
  ignoreBodies(app);
  const on = (url: string, handler: Answer) => app.route({ method: anyMethod(app), url, exposeHeadRoute: false, handler });
  on('/api/v1/releasestream/:release/tags', (request, reply) => tags(options, request, reply));
  on('/api/v1/releasestream/:release/latest', (request, reply) => latest(options, request, reply));
  on('/api/v1/releasestreams/all', (_request, reply) => sendJson(reply, streamLists(options.catalog), ' '));
}

/** A body means nothing to these routes, whatever its type. */
function ignoreBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null);
  });
}

function anyMethod(app: FastifyInstance): string[] {
  return METHODS.filter((method) => app.supportedMethods.includes(method));
}

function tags({ catalog, artifactsHost }: ReleaseControllerOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const name = releaseOf(request);
  const stream = catalog.stream(name);
  if (stream === undefined) return sendTextError(reply, 404, `Unable to find release ${name}`);
  const query = queryOf(request.url);
  if (!['', 'json'].includes(query.first('format'))) return sendTextError(reply, 400, formatError);

  const wanted = query.all('phase');
  const all = catalog.newestFirst(stream).map((tag) => apiTag(catalog, stream, tag, artifactsHost));
  const matching = wanted.length === 0 ? all : all.filter(({ phase }) => wanted.includes(phase));
  return sendJson(reply, { name, tags: matching.length === 0 ? null : matching });
}

function latest({ catalog, artifactsHost }: ReleaseControllerOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const query = queryOf(request.url);
  const selection = selectionOf(query);
  if (typeof selection === 'string') return sendTextError(reply, 400, selection);

  const stream = catalog.stream(releaseOf(request));
  if (stream === undefined) return sendTextError(reply, 404, 'no release configuration exists with the requested name');
  const tag = latestAccepted(catalog.newestFirst(stream), (candidate) => catalog.payloadOf(stream, candidate), selection);
  if (tag === undefined) return sendTextError(reply, 404, 'no tags exist within the release that satisfy the request');

  const found = apiTag(catalog, stream, tag, artifactsHost);
  const format = query.first('format');
  if (format === '' || format === 'json') return sendJson(reply, found);
  if (format === 'pullSpec' || format === 'name' || format === 'downloadURL') return sendText(reply, found[format]);
  return sendTextError(reply, 400, formatError);
}

/** @returns the text of the error where a parameter is wrong; the range is judged before the offset */
function selectionOf(query: ReturnType<typeof queryOf>): Selection | string {
  const range = query.first('in') === '' ? undefined : parseVersionRange(query.first('in'));
  if (range?.ok === false) return `error: ?in must be a valid semantic version range: ${range.error}`;
  const offset = query.first('rel') === '' ? undefined : parseGoInteger(query.first('rel'));
  if (offset?.ok === false) return `error: ?rel must be non-negative integer: ${offset.error}`;
  const skip = offset?.value ?? 0;
  if (skip < 0) return 'error: ?rel must be non-negative integer';
  return { skip, prefix: query.first('prefix'), ...(range !== undefined && { within: range.includes }) };
}

function releaseOf(request: FastifyRequest): string {
  return (request.params as { release: string }).release;
}

function apiTag(catalog: Catalog, stream: CatalogStream, tag: TagReference, artifactsHost: string | undefined) {
  return {
    name: tag.name,
    phase: displayPhase(catalog.payloadOf(stream, tag)),
    pullSpec: releaseLocation(stream, tag),
    downloadURL: artifactsHost === undefined ? '' : `https://${artifactsHost}/${encodeURIComponent(tag.name)}`,
  };
}

/** Streams at their end of life are left out; one without releases is null, not an empty list. */
function streamLists(catalog: Catalog): Map<string, string[] | null> {
  const living = catalog.visible().filter(({ config }) => !config.endOfLife);
  return new Map(living.map(({ config, tags: own }) => [config.name, own.length === 0 ? null : own.map(({ name }) => name)]));
}
