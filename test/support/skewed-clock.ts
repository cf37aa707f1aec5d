import { pathToFileURL } from 'node:url';

const variable = 'TEST_CLOCK_OFFSET_MS';

/** Environment of a Node process whose clock differs from the machine's by so many milliseconds. */
export function withClock(offsetMs: number): Record<string, string> {
  return offsetMs === 0 ? {} : { [variable]: String(offsetMs), NODE_OPTIONS: `--import=${pathToFileURL(import.meta.filename).href}` };
}

/** Loaded before a program, this file sets its clock. */
const offset = Number(process.env[variable] ?? 0);
if (offset !== 0) {
  const Machine = Date;
  globalThis.Date = class extends Machine {
    constructor(...parts: ConstructorParameters<typeof Date>) {
      // its type knows of no `new Date()`
      const now = (parts as unknown[]).length === 0;
      super(...(now ? ([Machine.now() + offset] as typeof parts) : parts));
    }
    static override now(): number {
      return Machine.now() + offset;
    }
  } as DateConstructor;
}
