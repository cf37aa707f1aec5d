import type { ReleaseId, StreamId } from '../activities/contract.ts';

/** Input of the `mirror` workflow: freeze the input images of one release. */
export interface MirrorInput extends ReleaseId {
  source: StreamId;
  /** name of the mirror ImageStream */
  mirror: string;
}
