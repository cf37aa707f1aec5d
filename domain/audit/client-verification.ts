import type { AuditRecord } from './audit-record.ts';

/*
 * How clusters decide whether an image may be installed (openshift/library-go, pkg/verify): every group of keys needs one
 * good signature of exactly this digest among those that are found.
 */

/** Larger signatures are not read. */
export const longestSignature = 50 * 1024;

/** Keys of which one is enough, by the name of the file that they came from. */
export interface GroupVerdict {
  name: string;
  satisfied: boolean;
  /** path of the signature that does it */
  by?: string;
}

/** One object at a place where a signature may be. */
export interface SignatureFinding {
  path: string;
  counts: boolean;
  /** in words, also where it counts */
  why: string;
  /** of the groups for which it counts */
  groups: string[];
  /** where it counts: of the key, upper-case hexadecimal */
  fingerprint?: string;
  location?: string;
  /** RFC 3339 */
  signedAt?: string;
}

/** @param groups names of all groups that are asked for */
export function groupVerdicts(groups: readonly string[], findings: readonly SignatureFinding[]): GroupVerdict[] {
  return groups.map((name) => {
    const by = findings.find((finding) => finding.groups.includes(name))?.path;
    return { name, satisfied: by !== undefined, ...(by === undefined ? {} : { by }) };
  });
}

/** Without any group nothing is verified: a check that checks nothing must not pass. */
export const isVerified = (verdicts: readonly GroupVerdict[]): boolean =>
  verdicts.length > 0 && verdicts.every(({ satisfied }) => satisfied);

/** The release's tag in a location that a signature names. */
export function tagOfLocation(location: string): string {
  return location.slice(location.lastIndexOf(':') + 1).replace(/^rc_payload__/, '');
}

export interface RecordFinding {
  path: string;
  /** empty where it fits */
  problems: string[];
}

/** What is wrong with the audit record of an image, measured by its signatures. */
export function recordProblems(
  { digest, signature, schemaVersion }: Pick<AuditRecord, 'digest' | 'signature' | 'schemaVersion'>,
  image: string,
  findings: readonly SignatureFinding[],
): string[] {
  const signed = findings.find(({ path }) => path === signature.path);
  return [
    ...(schemaVersion === 1 ? [] : [`its schema version ${String(schemaVersion)} is not known`]),
    ...(digest === image ? [] : [`it is of another image, ${digest}`]),
    ...(signed?.counts === true
      ? []
      : [`the signature that it names, ${signature.path}, ${signed === undefined ? 'is not there' : 'does not count'}`]),
    ...(signed?.counts === true && signed.fingerprint !== signature.fingerprint
      ? [`it names key ${signature.fingerprint}, and ${signed.fingerprint} has signed`]
      : []),
  ];
}
