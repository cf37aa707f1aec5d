import { proxyActivities } from '@temporalio/workflow';
import type { LegacyActivities } from '../activities/legacy-contract.ts';
import type { LegacyResultsInput, LegacyResultsReport } from './legacy-results-messages.ts';
import { announceWaiting } from './waiting.ts';

const { listStableStreams, migrateLegacyStream } = proxyActivities<LegacyActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * list the Stable streams -> give each finished release without a payload its own, one stream after the other -> report
 *
 * A schedule begins it anew, since streams may be restored from before there were payloads.
 */
export async function legacyResults({ dryRun = false }: LegacyResultsInput = {}): Promise<LegacyResultsReport> {
  const announce = announceWaiting();
  const report: LegacyResultsReport = {};
  for (const stream of await listStableStreams()) {
    const name = `${stream.namespace}/${stream.name}`;
    announce([{ for: `old releases of ${name}`, why: dryRun ? 'they are counted' : 'they get their payloads' }]);
    report[name] = await migrateLegacyStream(stream, dryRun);
  }
  announce([]);
  return report;
}
