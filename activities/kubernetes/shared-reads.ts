/**
 * Lets many readers of one thing share a read. Each gets an answer that was asked for after it came: who arrives while
 * a read is under way waits for the next one, together with everybody else who does. Answers must not be changed.
 */
export class SharedReads<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  read(key: string, ask: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key, ask);
    const next = this.#next.get(key) ?? running.catch(() => undefined).then(() => this.#start(key, ask));
    this.#next.set(key, next);
    return next;
  }

  #start(key: string, ask: () => Promise<T>): Promise<T> {
    this.#next.delete(key);
    const reading = ask().finally(() => {
      if (this.#running.get(key) === reading) this.#running.delete(key);
    });
    this.#running.set(key, reading);
    return reading;
  }
}
