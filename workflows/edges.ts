import { condition, setHandler, sleep } from '@temporalio/workflow';
import { changedSignal } from './waiting.ts';

/** Remembers that something changed since it was last looked at. Call `listenForChanges` before the first await. */
export interface Edges {
  /** forget the edges seen so far: the level is about to be read */
  clear(): void;
  seen(): boolean;
  /** waits for an edge, at most so many milliseconds; undefined waits for ever. It may end sooner than asked for. */
  wait(milliseconds?: number): Promise<void>;
}

export function listenForChanges(): Edges {
  let changed = false;
  // A timer that would ring in time anyway is kept, since most waits are ended by an edge and each timer costs an action.
  let alarm: number | undefined;
  setHandler(changedSignal, () => {
    changed = true;
  });
  const setAlarm = (at: number) => {
    alarm = at;
    void sleep(at - Date.now()).then(() => {
      if (alarm === at) alarm = undefined;
    });
  };
  return {
    clear: () => {
      changed = false;
    },
    seen: () => changed,
    wait: async (milliseconds) => {
      if (milliseconds === undefined) return condition(() => changed);
      if (milliseconds <= 0) return;
      const until = Date.now() + milliseconds;
      if (alarm === undefined || alarm > until) setAlarm(until);
      const mine = alarm;
      await condition(() => changed || alarm !== mine);
    },
  };
}
