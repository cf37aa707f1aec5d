import type { FailedImport } from '../domain/payload/failed-imports.ts';
import type { StreamId } from './contract.ts';

/** What the `reimport` workflow asks of the cluster, as types only. */
export interface ReimportActivities {
  /** every failed import of the release streams that are alive */
  findFailedImports(): Promise<FailedImport[]>;
  /** Asks for tags of one stream again. Asking twice does no harm. */
  reimportTags(stream: StreamId, tags: string[]): Promise<Reimported[]>;
}

export interface Reimported {
  tag: string;
  /** false: it failed again, or could not be asked for; true does not say that the image is there, where the server imports later */
  ok: boolean;
  message?: string;
}
