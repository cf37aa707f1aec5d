import { jobHistory } from '../../domain/payload/job-history.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import type { JobHistory } from '../job-history.ts';
import type { KubernetesClient } from './client.ts';
import { releasePayloads } from './resources.ts';

/** Results of verification in the payloads that are still there: as far back as releases are kept. */
export function payloadHistory(client: KubernetesClient): JobHistory {
  return {
    async runsOf(namespace, stream, jobs, since) {
      const { items } = await client.list<ReleasePayload>(releasePayloads, namespace);
      const ofStream = items.filter(({ spec }) => spec.payloadCoordinates?.streamName === stream);
      return jobHistory(ofStream, jobs, since);
    },
  };
}
