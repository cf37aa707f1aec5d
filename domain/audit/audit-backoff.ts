const second = 1_000;
const minute = 60 * second;

/** Why an audit could not be done now. */
export type AuditTrouble =
  /** nothing but a person can mend it: the signing key is missing, locked or broken */
  | 'person'
  /** no audit worker began within the permit's time */
  | 'late'
  /** storage, registry or cluster did not answer, or refused */
  | 'outside';

/**
 * How long to wait before the next attempt: 5 seconds doubling to 2 hours (openshift/release-controller,
 * cmd/release-controller/audit.go). A late start asks again at once and then at most a minute later, since it costs nobody
 * anything; what a person must mend is looked at every 10 minutes.
 *
 * @param failures failures of this kind in a row, this one included
 */
export function auditBackoff(trouble: AuditTrouble, failures: number): number {
  const doubled = 5 * second * 2 ** Math.min(failures - 1, 20);
  if (trouble === 'late') return failures <= 3 ? 0 : Math.min(5 * second * 2 ** Math.min(failures - 4, 20), minute);
  return Math.min(doubled, trouble === 'person' ? 10 * minute : 120 * minute);
}
