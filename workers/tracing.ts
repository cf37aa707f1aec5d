import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

const resource = resourceFromAttributes({ 'service.name': 'waybill-worker' });

/**
 * The plugin without any destination: what the workflow bundle is made with, also where nothing is traced, since adding
 * it later would break the replay of running workflows.
 */
export function tracingPlugin(spanProcessor: SpanProcessor = new NoopSpanProcessor()): OpenTelemetryPlugin {
  return new OpenTelemetryPlugin({ resource, spanProcessor });
}

/** Traces of one process: give the plugin to its workers and clients, and end it before the process leaves. */
export interface Tracing {
  plugin: OpenTelemetryPlugin;
  /** sends what is left */
  end(): Promise<void>;
}

/**
 * Sends workflow and activity spans to an OTLP endpoint (HTTP, protobuf); a client, its workflow and their activities
 * are one trace.
 *
 * @param endpoint base address, as in OTEL_EXPORTER_OTLP_ENDPOINT; without one nothing is recorded
 */
export function startTracing(endpoint: string | undefined): Tracing {
  if (endpoint === undefined) return { plugin: tracingPlugin(), end: async () => undefined };
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { plugin: tracingPlugin(spanProcessor), end: () => provider.shutdown() };
}
