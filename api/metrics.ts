import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CacheState } from './cluster-cache.ts';

/** Metrics of one server. Labels are routes, never names of releases. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  /** @param cache read at every scrape */
  constructor(cache: () => CacheState[], openEventStreams: () => number) {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: 'waybill_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer, by route.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers,
    });
    const gauge = (name: string, help: string, read: (state: CacheState) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['resource'],
        registers,
        collect() {
          for (const state of cache()) this.set({ resource: state.resource }, read(state));
        },
      });
    gauge('waybill_cache_objects', 'Objects that the server knows of.', ({ size }) => size);
    gauge(
      'waybill_cache_age_seconds',
      'Time since the API server was last heard of, the slowest watch of the resource.',
      ({ ageMs }) => ageMs / 1000,
    );
    gauge('waybill_cache_ready', 'Whether the objects have been listed.', ({ ready }) => Number(ready));
    new Gauge({
      name: 'waybill_event_streams',
      help: 'Event streams that clients hold open.',
      registers,
      collect() {
        this.set(openEventStreams());
      },
    });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** In the text format of Prometheus. */
  async text(): Promise<{ type: string; body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
