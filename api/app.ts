import { METHODS } from 'node:http';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { EventFeed } from './event-feed.ts';
import { cleanedPath, sendTextError } from './go-http.ts';
import type { ServerMetrics } from './metrics.ts';
import type { OverrideWriter, WakeRelease } from './override.ts';
import { Problem, sendProblem } from './problem.ts';
import type { AuditAgain } from './audit-again.ts';
import { auditRoute } from './routes/audits.ts';
import { eventRoute } from './routes/events.ts';
import { operationsRoutes } from './routes/operations.ts';
import { orderRoutes, type OrderOptions } from './routes/orders.ts';
import { overrideRoute } from './routes/override.ts';
import { pageRoutes } from './routes/pages.ts';
import { releaseControllerRoutes } from './routes/release-controller.ts';
import { releaseRoutes } from './routes/releases.ts';
import { nameLogLines } from './subject.ts';
import { traceRequests } from './tracing.ts';
import type { ViewSources } from './views.ts';

export interface AppOptions extends ViewSources {
  isReady: () => boolean;
  metrics: ServerMetrics;
  feed: EventFeed;
  overrides: OverrideWriter;
  wakeRelease: WakeRelease;
  auditAgain: AuditAgain;
  adminToken: string | undefined;
  orders: OrderOptions['orders'];
  artifactsHost?: string;
  logger?: FastifyBaseLogger;
}

/** The server without its port: tests inject requests into it. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { logger, artifactsHost, catalog, feed, metrics, isReady } = options;
  const app: FastifyInstance = Fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: true,
    // what can not even be routed is answered as Go answers it
    frameworkErrors: (_error, _request, reply) => void sendTextError(reply, 400, '400 Bad Request'),
  });
  takeAnyMethod(app);
  nameLogLines(app);
  traceRequests(app);
  observe(app, metrics);
  app.addHook('onRequest', async (request, reply) => redirectUnclean(request, reply));
  app.setNotFoundHandler(notFound);
  app.setErrorHandler(sendError);

  operationsRoutes(app, { isReady, metrics });
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', async (_request, reply) => (isReady() ? undefined : notReady(reply)));
    releaseControllerRoutes(scope, { catalog, ...(artifactsHost !== undefined && { artifactsHost }) });
    done();
  });
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', async (_request, reply) => (isReady() ? undefined : notReady(reply)));
    releaseRoutes(scope, options);
    overrideRoute(scope, { catalog, adminToken: options.adminToken, overrides: options.overrides, wakeRelease: options.wakeRelease });
    auditRoute(scope, options);
    orderRoutes(scope, options);
    pageRoutes(scope, options);
    done();
  });
  eventRoute(app, feed);
  return app;
}

function takeAnyMethod(app: FastifyInstance): void {
  const unsupported = METHODS.filter((method) => method !== 'CONNECT' && !app.supportedMethods.includes(method));
  for (const method of unsupported) app.addHttpMethod(method, { hasBody: true });
}

function observe(app: FastifyInstance, metrics: ServerMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    request.log.debug({ method: request.method, url: request.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    done();
  });
}

function redirectUnclean(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const [path = '', ...query] = request.url.split('?');
  const cleaned = cleanedPath(path);
  if (cleaned === undefined) return undefined;
  return reply.redirect([cleaned, ...query].join('?'), 301);
}

function notReady(reply: FastifyReply): FastifyReply {
  reply.header('retry-after', '1');
  return sendTextError(reply, 503, 'the image streams and release payloads have not been read from the cluster yet; try again in a moment');
}

function isOurs({ url }: FastifyRequest): boolean {
  return url.startsWith('/api/waybill/');
}

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!isOurs(request)) return sendTextError(reply, 404, '404 page not found');
  return sendProblem(
    reply,
    new Problem(404, 'No such route', `there is no ${request.method} ${request.url}`, 'see docs/operations.md for the routes'),
  );
}

function sendError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = error instanceof Problem ? error : asProblem(error, request);
  return isOurs(request) ? sendProblem(reply, problem) : sendTextError(reply, problem.status, problem.message);
}

function asProblem(error: FastifyError, request: FastifyRequest): Problem {
  const status = error.statusCode ?? 500;
  if (status < 500) return new Problem(status, 'Wrong request', error.message, 'correct the request');
  request.log.error({ err: error, url: request.url }, 'request failed');
  return new Problem(
    500,
    'Our mistake',
    `${request.method} ${request.url} failed: ${error.message}`,
    'try again; the server log says more',
  );
}
