import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Where the spans of one process go. */
export interface TraceExport {
  resource: Resource;
  spanProcessor: SpanProcessor;
  /** sends what is left */
  end: () => Promise<void>;
}

/**
 * Has every span of this process sent to an OTLP endpoint (HTTP, protobuf).
 *
 * @param endpoint base address, as in OTEL_EXPORTER_OTLP_ENDPOINT
 * @param service as in `waybill-worker`
 */
export function exportTraces(endpoint: string, service: string): TraceExport {
  const resource = resourceFromAttributes({ 'service.name': service });
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { resource, spanProcessor, end: () => provider.shutdown() };
}
