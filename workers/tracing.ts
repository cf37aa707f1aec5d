import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

/**
 * Traces of workflows and activities. The plugin is always in the bundle, since adding it later would break the
 * replay of running workflows; without an endpoint its spans go nowhere.
 */
export function tracingPlugin(endpoint?: string): OpenTelemetryPlugin {
  const spanProcessor =
    endpoint === undefined
      ? new NoopSpanProcessor()
      : new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }));
  return new OpenTelemetryPlugin({ resource: resourceFromAttributes({ 'service.name': 'waybill-worker' }), spanProcessor });
}
