import { condition, setHandler } from '@temporalio/workflow';
import { changedSignal } from './waiting.ts';

/** Remembers that something changed since it was last looked at. Call `listenForChanges` before the first await. */
export interface Edges {
  /** forget the edges seen so far: the level is about to be read */
  clear(): void;
  seen(): boolean;
  /** waits for an edge, at most so many milliseconds; undefined waits for ever */
  wait(milliseconds?: number): Promise<void>;
}

export function listenForChanges(): Edges {
  let changed = false;
  setHandler(changedSignal, () => {
    changed = true;
  });
  return {
    clear: () => {
      changed = false;
    },
    seen: () => changed,
    wait: async (milliseconds) => {
      if (milliseconds === undefined) await condition(() => changed);
      else if (milliseconds > 0) await condition(() => changed, milliseconds);
    },
  };
}
