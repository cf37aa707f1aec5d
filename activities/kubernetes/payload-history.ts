import { jobHistory } from '../../domain/payload/job-history.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import type { JobHistory } from '../job-history.ts';
import type { KubernetesClient } from './client.ts';
import { releasePayloads } from './resources.ts';
import { SharedReads } from './shared-reads.ts';

/** Results of verification in the payloads that are still there: as far back as releases are kept. */
export function payloadHistory(client: Pick<KubernetesClient, 'list'>): JobHistory {
  // Jobs of many threads end together, and a namespace may hold thousands of payloads.
  const reads = new SharedReads<ReleasePayload[]>();
  return {
    async runsOf({ namespace, stream }, jobs, now) {
      const payloads = await reads.read(namespace, async () => (await client.list<ReleasePayload>(releasePayloads, namespace)).items);
      const ofStream = payloads.filter(({ spec }) => spec.payloadCoordinates?.streamName === stream);
      return jobHistory(ofStream, jobs, now);
    },
  };
}
