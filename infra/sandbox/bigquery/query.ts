/** A run of a job, as the table keeps it; times without a zone (`2025-06-01T10:00:00`). */
export interface JobRow {
  manager: string | null;
  is_release_verify: boolean | null;
  release_verify_tag: string | null;
  prowjob_job_name: string | null;
  prowjob_state: string | null;
  prowjob_url: string | null;
  prowjob_start: string | null;
  prowjob_completion: string | null;
}

export type Parameters = ReadonlyMap<string, string | readonly string[]>;

export interface ParsedQuery {
  /** of the table */
  project: string;
  columns: (keyof JobRow)[];
  /** the rows of the answer, in its order */
  rowsOf(table: readonly JobRow[]): JobRow[];
}

const columnTypes: Record<keyof JobRow, 'STRING' | 'BOOLEAN' | 'DATETIME'> = {
  manager: 'STRING',
  is_release_verify: 'BOOLEAN',
  release_verify_tag: 'STRING',
  prowjob_job_name: 'STRING',
  prowjob_state: 'STRING',
  prowjob_url: 'STRING',
  prowjob_start: 'DATETIME',
  prowjob_completion: 'DATETIME',
};
const unitMs: Readonly<Record<string, number>> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };

export const schemaOf = (columns: readonly (keyof JobRow)[]) => ({
  fields: columns.map((name) => ({ name, type: columnTypes[name], mode: 'NULLABLE' })),
});

const shape = new RegExp(
  [
    String.raw`^SELECT (?<columns>\w+(?:, \w+)*)`,
    String.raw`FROM ${'`'}(?<project>[-a-z0-9.:]+)\.ci_analysis_us\.jobs${'`'}`,
    String.raw`WHERE manager = 'release-controller'`,
    String.raw`AND is_release_verify = TRUE`,
    String.raw`AND prowjob_completion IS NOT NULL`,
    String.raw`AND \((?<jobs>.+)\)`,
    String.raw`ORDER BY prowjob_job_name, prowjob_completion DESC$`,
  ].join(String.raw`\s+`),
);
const ofJob =
  /^\(prowjob_job_name (?:= @(?<one>\w+)|IN UNNEST\(@(?<many>\w+)\)) AND prowjob_start >= DATETIME_SUB\(CURRENT_DATETIME\(\), INTERVAL (?<amount>\d+) (?<unit>DAY|HOUR|MINUTE)\)\)$/;

/**
 * Reads a query of the one form that we send, with its parameters.
 *
 * @throws Error for everything else, and for parameters that are missing, of the wrong type, or of no use
 */
export function parseQuery(sql: string, parameters: Parameters, now: Date): ParsedQuery {
  const { columns = '', project = '', jobs = '' } = shape.exec(sql)?.groups ?? {};
  if (jobs === '') throw new Error('Syntax error: the query is not of the form that is played');
  const selected = columns.split(', ').map(columnOf);
  const used = new Set<string>();
  const conditions = jobs.split(' OR ').map((text) => conditionOf(text, parameters, used, now.getTime()));
  const useless = [...parameters.keys()].filter((name) => !used.has(name));
  if (useless.length > 0) throw new Error(`Query parameters that the query does not name: ${useless.join(', ')}`);
  return {
    project,
    columns: selected,
    rowsOf: (table) =>
      table
        .filter((row) => row.manager === 'release-controller' && row.is_release_verify === true && row.prowjob_completion !== null)
        .filter((row) => conditions.some((holds) => holds(row)))
        .toSorted((a, b) => ascending(a.prowjob_job_name, b.prowjob_job_name) || ascending(b.prowjob_completion, a.prowjob_completion)),
  };
}

function columnOf(name: string): keyof JobRow {
  if (!Object.hasOwn(columnTypes, name)) throw new Error(`Unrecognized name: ${name}`);
  return name as keyof JobRow;
}

function conditionOf(text: string, parameters: Parameters, used: Set<string>, now: number): (row: JobRow) => boolean {
  const { one, many, amount = '', unit = '' } = ofJob.exec(text)?.groups ?? {};
  const name = one ?? many;
  if (name === undefined) throw new Error(`Syntax error: the condition '${text}' is not played`);
  const value = parameters.get(name);
  if (value === undefined) throw new Error(`Query parameter '${name}' not found`);
  if ((typeof value === 'string') !== (one !== undefined)) throw new Error(`Query parameter '${name}' is of the wrong type`);
  used.add(name);
  const names = typeof value === 'string' ? [value] : value;
  const since = now - Number(amount) * (unitMs[unit] ?? 0);
  // What is NULL is neither equal to anything nor later than it.
  return ({ prowjob_job_name: job, prowjob_start: start }) =>
    job !== null && names.includes(job) && start !== null && Date.parse(`${start}Z`) >= since;
}

const ascending = (a: string | null, b: string | null) => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1);
