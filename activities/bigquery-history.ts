import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { z } from 'zod';
import { historyOf, historyQuery, type HistoryRow } from '../domain/payload/history-query.ts';
import type { JobHistory } from './job-history.ts';
import { within } from './within.ts';

export interface BigQueryOptions {
  projectId: string;
  /** address of the service when it is not Google's own; it is then spoken to without credentials */
  endpoint?: string;
  /** how long an answer with all its pages may take; less than the activity has */
  patienceMs?: number;
}

/** How long the service may work on a query before it says that it is not finished. */
const queryMs = 30_000;

// The library has a class of its own for times without a zone.
const DateTime = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)]);
const Row: z.ZodType<HistoryRow> = z.object({
  prowjob_job_name: z.string().nullable(),
  prowjob_state: z.string().nullable(),
  prowjob_completion: DateTime.nullable(),
});

/**
 * The history that OpenShift's CI keeps in BigQuery, with the process's default credentials.
 * It knows jobs by their names, and tells no streams apart.
 */
export function bigQueryHistory({ projectId, endpoint, patienceMs = 45_000 }: BigQueryOptions): JobHistory {
  const service = new BigQuery({
    projectId,
    userAgent: 'waybill',
    // Troubles are waited out by the caller, who tells people about them.
    autoRetry: false,
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint, authClient: new PassThroughClient() }),
  });
  return {
    async runsOf(_stream, jobs) {
      const query = historyQuery(projectId, jobs);
      if (query === undefined) return {};
      const { sql, parameters } = query;
      try {
        const [rows] = await within(patienceMs, service.query({ query: sql, params: parameters }, { timeoutMs: queryMs }));
        return historyOf(z.array(Row).parse(rows), jobs);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`the history of jobs can not be read from BigQuery project ${projectId}: ${why}`, { cause: error });
      }
    },
  };
}
