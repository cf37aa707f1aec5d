interface Entry {
  at: number;
  key: string;
}

/** Keys by the time they are due, earliest first; each key once. One heap and one timer serve any number of waits. */
export class TimerHeap {
  readonly #entries: Entry[] = [];
  readonly #dueAt = new Map<string, number>();

  /** Keeps the earlier of two times for one key. */
  put(key: string, at: number): void {
    const known = this.#dueAt.get(key);
    if (known !== undefined && known <= at) return;
    this.#dueAt.set(key, at);
    this.#entries.push({ at, key });
    this.#rise(this.#entries.length - 1);
  }

  /** @returns milliseconds since the epoch, undefined when nothing waits */
  next(): number | undefined {
    this.#dropStale();
    return this.#entries[0]?.at;
  }

  /** Takes out every key that is due. */
  take(now: number): string[] {
    const due: string[] = [];
    for (this.#dropStale(); this.#entries[0] !== undefined && this.#entries[0].at <= now; this.#dropStale()) {
      const { key } = this.#entries[0];
      this.#dueAt.delete(key);
      this.#pop();
      due.push(key);
    }
    return due;
  }

  /** An entry is stale when its key has since been given an earlier time, or was taken. */
  #dropStale(): void {
    for (let first = this.#entries[0]; first !== undefined && this.#dueAt.get(first.key) !== first.at; first = this.#entries[0])
      this.#pop();
  }

  #pop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#sink(0);
  }

  #rise(index: number): void {
    const parent = (index - 1) >> 1;
    if (index === 0 || this.#at(parent) <= this.#at(index)) return;
    this.#swap(index, parent);
    this.#rise(parent);
  }

  #sink(index: number): void {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    let least = index;
    if (this.#at(left) < this.#at(least)) least = left;
    if (this.#at(right) < this.#at(least)) least = right;
    if (least === index) return;
    this.#swap(index, least);
    this.#sink(least);
  }

  #at = (index: number): number => this.#entries[index]?.at ?? Number.POSITIVE_INFINITY;

  #swap(a: number, b: number): void {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    if (x === undefined || y === undefined) return;
    this.#entries[a] = y;
    this.#entries[b] = x;
  }
}
