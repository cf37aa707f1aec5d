import type { Resource } from '@opentelemetry/resources';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

const service = 'waybill-worker';

/**
 * The plugin without any destination: what the workflow bundle is made with, also where nothing is traced, since adding
 * it later would break the replay of running workflows.
 */
export function tracingPlugin(
  spanProcessor: SpanProcessor = new NoopSpanProcessor(),
  resource: Resource = resourceFromAttributes({ 'service.name': service }),
): OpenTelemetryPlugin {
  return new OpenTelemetryPlugin({ resource, spanProcessor });
}

/** Traces of one process: give the plugin to its workers and clients, and end it before the process leaves. */
export interface Tracing {
  plugin: OpenTelemetryPlugin;
  /** sends what is left */
  end(): Promise<void>;
}

/**
 * Sends workflow and activity spans; a client, its workflow and their activities are one trace.
 *
 * @param endpoint without one nothing is recorded
 */
export async function startTracing(endpoint: string | undefined): Promise<Tracing> {
  if (endpoint === undefined) return { plugin: tracingPlugin(), end: async () => undefined };
  // Loaded by those who use it.
  const { exportTraces } = await import('../infra/tracing.ts');
  const { resource, spanProcessor, end } = exportTraces(endpoint, service);
  return { plugin: tracingPlugin(spanProcessor, resource), end };
}
