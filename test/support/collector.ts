import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** A span as a collector gets it. */
export interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, string>;
}

export interface Collector {
  endpoint: string;
  /** paths that were posted to */
  paths: Set<string>;
  spans: ReceivedSpan[];
  close(): void;
}

// What a test reads of opentelemetry/proto/collector/trace/v1.
const { root } = protobuf.parse(`syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; repeated KeyValue attributes = 9; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { string string_value = 1; int64 int_value = 3; }`);
const request = root.lookupType('Request');

interface KeyValue {
  key: string;
  value?: { stringValue?: string; intValue?: string };
}
interface Sent {
  resourceSpans?: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans?: { spans?: { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes?: KeyValue[] }[] }[];
  }[];
}

/** An OTLP/HTTP receiver that keeps what it is sent. */
export async function startCollector(): Promise<Collector> {
  const collector: Collector = { endpoint: '', paths: new Set(), spans: [], close: () => void server.close() };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      collector.paths.add(incoming.url ?? '');
      collector.spans.push(...spansOf(Buffer.concat(chunks)));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  collector.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

function spansOf(body: Buffer): ReceivedSpan[] {
  const { resourceSpans = [] } = request.toObject(request.decode(body), { bytes: String, longs: String }) as Sent;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = valuesOf(resource?.attributes)['service.name'] ?? '';
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map(({ attributes, parentSpanId = '', ...span }) => ({ ...span, service, parentSpanId, attributes: valuesOf(attributes) })),
    );
  });
}

const valuesOf = (attributes: KeyValue[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value?.stringValue ?? value?.intValue ?? '']));
