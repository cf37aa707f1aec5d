import type { StreamId } from '../activities/contract.ts';

/** Input of the `stream` workflow; what crosses continue-as-new is the same. */
export interface StreamInput extends StreamId {
  /** minutes between two looks when nothing happens */
  reconcileMinutes: number;
  /** releases whose workflow this one has started */
  started: string[];
  /** what the schedules of its periodics were made from, which entries have one, and which have none and why */
  periodics?: { mark: string; names: string[]; problems: { entry: string; message: string }[] };
}
