/** One thing that a workflow waits for. The Temporal UI's details, the `waiting` query, the API and the CLI show the same words. */
export interface Waiting {
  /** what is awaited, as a noun: `release job ocp/4.20…`, `20 blocking jobs` */
  for: string;
  /** why it has not come yet, one sentence */
  why: string;
  /** RFC 3339; when the wait ends by itself or is looked at again, where that is known */
  until?: string;
  /** for readers that say it better themselves: one of the verification's jobs, all of them, the alternate copy, or one release of a stream */
  about?: { job: string } | { release: string } | 'jobs' | 'copy';
}

/** The text that stands in a workflow's current details. */
export function describeWaiting(waiting: readonly Waiting[]): string {
  if (waiting.length === 0) return 'waits for nothing';
  return waiting.map(({ for: what, why, until }) => `- **${what}**: ${why}${until === undefined ? '' : ` (until ${until})`}`).join('\n');
}
