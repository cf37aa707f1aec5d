import { TimerHeap } from './timer-heap.ts';
import type { Log } from './log.ts';

export interface WorkQueueOptions {
  name: string;
  /** Brings one object to where it should be. @returns milliseconds after which to look again, or nothing */
  work: (key: string) => Promise<number | undefined>;
  concurrency: number;
  /** Keys that are worked on; the others are forgotten. All of them when absent. */
  concerns?: (key: string) => boolean;
  signal: AbortSignal;
  log: Log;
}

const firstRetryMs = 50;
const lastRetryMs = 5_000;
/** setTimeout takes 31 bits. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Keys to look at: each waits at most once, is worked on by one worker at a time, and comes again when it was
 * added meanwhile. A failure is logged and repeated after 50 ms, doubling up to 5 s.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #later = new TimerHeap();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  add(key: string): void {
    if (this.#options.concerns?.(key) === false) return;
    this.#waiting.add(key);
    queueMicrotask(() => this.#dispatch());
  }

  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key);
    this.#later.put(key, Date.now() + delayMs);
    this.#arm();
  }

  #dispatch(): void {
    for (const key of this.#waiting) {
      if (this.#options.signal.aborted || this.#active.size >= this.#options.concurrency) return;
      if (this.#active.has(key)) continue;
      this.#waiting.delete(key);
      this.#active.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const again = await this.#options.work(key);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      this.#retry(key, error);
    } finally {
      this.#active.delete(key);
      this.#dispatch();
    }
  }

  #retry(key: string, error: unknown): void {
    if (this.#options.signal.aborted) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(firstRetryMs * 2 ** failures, lastRetryMs);
    this.#options.log.warn({ queue: this.#options.name, key, delayMs, error: String(error) }, 'will try again');
    this.addAfter(key, delayMs);
  }

  #arm(): void {
    const next = this.#later.next();
    clearTimeout(this.#timer);
    if (next === undefined || this.#options.signal.aborted) return;
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(next - Date.now(), 0), longestTimerMs));
  }

  #fire(): void {
    for (const key of this.#later.take(Date.now())) this.add(key);
    this.#arm();
  }
}
