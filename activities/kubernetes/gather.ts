import type { Owner } from '../../domain/payload/routing.ts';

const urgentMs = 250;
const lazyMs = 3_000;
const retryMs = 1_000;
/** Owners whose last message is remembered; who is forgotten is only told sooner. */
const remembered = 10_000;

/**
 * Wakes owners: the first change at once, the following ones gathered for a fraction of a second, so that five
 * hundred jobs that change state are a few messages. What could not be sent is kept and sent again.
 */
export class Gather {
  readonly #send: (owner: Owner) => Promise<void>;
  readonly #onError: (error: unknown, owner: Owner) => void;
  readonly #waiting = new Map<string, { owner: Owner; timer: NodeJS.Timeout | undefined }>();
  readonly #lastSent = new Map<string, number>();
  #sending = 0;
  #stopped = false;

  constructor(send: (owner: Owner) => Promise<void>, onError: (error: unknown, owner: Owner) => void) {
    this.#send = send;
    this.#onError = onError;
  }

  /** Whether everything that was added has been delivered. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#sending === 0;
  }

  add(owner: Owner): void {
    const key = `${owner.workflow}/${owner.namespace}/${owner.name}`;
    const held = this.#waiting.get(key);
    if (held !== undefined && (held.owner.urgent || !owner.urgent)) {
      held.owner = { ...held.owner, start: held.owner.start || owner.start };
      return;
    }
    if (held !== undefined) clearTimeout(held.timer);
    const since = Date.now() - (this.#lastSent.get(key) ?? 0);
    const delay = owner.urgent ? Math.max(0, urgentMs - since) : lazyMs;
    this.#hold(key, { ...owner, start: owner.start || held?.owner.start === true }, delay);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /** What could not be sent waits again. A change that came meanwhile goes before it, and starts what it would have started. */
  #keep(key: string, owner: Owner): void {
    const newer = this.#waiting.get(key);
    if (newer !== undefined) newer.owner = { ...newer.owner, start: newer.owner.start || owner.start };
    else if (!this.#stopped) this.#hold(key, owner, retryMs);
  }

  #hold(key: string, owner: Owner, delay: number): void {
    const deliver = () => void this.#deliver(key);
    // Already a timer of no time costs a millisecond.
    const timer = delay === 0 ? undefined : setTimeout(deliver, delay);
    this.#waiting.set(key, { owner, timer });
    if (timer === undefined) deliver();
  }

  async #deliver(key: string): Promise<void> {
    const held = this.#waiting.get(key);
    if (held === undefined) return;
    this.#waiting.delete(key);
    if (this.#lastSent.size >= remembered) this.#lastSent.clear();
    this.#lastSent.set(key, Date.now());
    this.#sending += 1;
    try {
      await this.#send(held.owner);
    } catch (error) {
      this.#onError(error, held.owner);
      this.#keep(key, held.owner);
    } finally {
      this.#sending -= 1;
    }
  }
}
