import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span, type TextMapGetter } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { subjectOf } from './subject.ts';

/** Traces of the server: what its Temporal clients are given, and how it ends. */
export interface ServerTracing {
  interceptors: WorkflowClientInterceptor[];
  /** sends what is left */
  end(): Promise<void>;
}

/** @param endpoint base address of an OTLP collector; without one nothing is recorded, and nothing for it is loaded */
export async function startServerTracing(endpoint: string | undefined): Promise<ServerTracing> {
  if (endpoint === undefined) return { interceptors: [], end: async () => undefined };
  const { exportTraces } = await import('../infra/tracing.ts');
  // Its main entry would load the worker's native code too.
  const { OpenTelemetryWorkflowClientInterceptor } = await import('@temporalio/interceptors-opentelemetry-v2/lib/client/index.js');
  const { end } = exportTraces(endpoint, 'waybill-server');
  return { interceptors: [new OpenTelemetryWorkflowClientInterceptor()], end };
}

/** One span for each request, with its route, its status and the release that its path names; its calls are below it. */
export function traceRequests(app: FastifyInstance): void {
  const tracer = trace.getTracer('waybill-server');
  const spans = new WeakMap<FastifyRequest, { span: Span; within: Context }>();
  app.addHook('onRequest', (request, _reply, done) => {
    const caller = propagation.extract(context.active(), request.headers, headerGetter);
    const span = tracer.startSpan(nameOf(request), { kind: SpanKind.SERVER, attributes: attributesOf(request) }, caller);
    spans.set(request, { span, within: trace.setSpan(caller, span) });
    done();
  });
  // A context that is entered before the body is read does not come out at the other end.
  app.addHook('preHandler', (request, _reply, done) => context.with(spans.get(request)?.within ?? context.active(), done));
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)?.span;
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown';
const nameOf = (request: FastifyRequest) => `${request.method} ${routeOf(request)}`;

function attributesOf(request: FastifyRequest): Record<string, string> {
  const { releaseTag, releaseNamespace } = subjectOf(request);
  return {
    'http.request.method': request.method,
    'http.route': routeOf(request),
    ...(releaseTag !== undefined && { 'waybill.release.tag': releaseTag }),
    ...(releaseNamespace !== undefined && { 'waybill.release.namespace': releaseNamespace }),
  };
}

const headerGetter: TextMapGetter<FastifyRequest['headers']> = {
  get: (headers, key) => headers[key],
  keys: (headers) => Object.keys(headers),
};
