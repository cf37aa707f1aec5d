import type { ServerResponse } from 'node:http';

/** What changed: names of streams (as in their configs) and of releases. */
export interface Changes {
  streams: string[];
  releases: string[];
}

const heartbeatMs = 15_000;
const gatherMs = 100;
/** more that a client has not taken than this, and it is let go: it connects again and reads afresh */
const mostUnsentBytes = 1_000_000;

/** Server-sent events about changes, gathered for a moment so that a burst is one message. */
export class EventFeed {
  readonly #clients = new Set<ServerResponse>();
  readonly #streams = new Set<string>();
  readonly #releases = new Set<string>();
  #gathering: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor() {
    this.#heartbeat = setInterval(() => this.#send(': still here\n\n'), heartbeatMs);
    this.#heartbeat.unref();
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Turns a response into an event stream, until either side hangs up. */
  open(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.write('retry: 1000\n: connected\n\n');
    this.#clients.add(response);
    response.once('close', () => this.#clients.delete(response));
  }

  note(changes: Partial<Changes>): void {
    for (const name of changes.streams ?? []) this.#streams.add(name);
    for (const name of changes.releases ?? []) this.#releases.add(name);
    this.#gathering ??= setTimeout(() => this.#flush(), gatherMs);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#gathering);
    for (const client of this.#clients) client.end();
  }

  #flush(): void {
    this.#gathering = undefined;
    const changes: Changes = { streams: [...this.#streams].toSorted(), releases: [...this.#releases].toSorted() };
    this.#streams.clear();
    this.#releases.clear();
    this.#send(`event: changed\ndata: ${JSON.stringify(changes)}\n\n`);
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > mostUnsentBytes) client.destroy();
      else client.write(text);
    }
  }
}
