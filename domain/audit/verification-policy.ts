import { isStable, type ReleaseConfig } from '../payload/config.ts';
import type { Phase } from '../payload/kinds.ts';

/** What the settings say about audits. */
export interface AuditPolicy {
  /** `auto` verifies where it is known with what, `required` signs nothing unverified, `off` verifies nothing */
  verification: 'auto' | 'required' | 'off';
  /** image with the `oc` client for all streams, or `local` */
  cliImage?: string | undefined;
  /** from the verdict to the signature, in milliseconds */
  delay: number;
  /** phases in which a release is signed */
  phases: readonly Phase[];
  streams: 'all' | 'stable';
  /** RFC 3339: releases made before are left alone by the tracker */
  trackSince?: string | undefined;
}

/** With what a release is verified before it is signed. */
export type Verifier =
  | { kind: 'none'; why: string }
  | { kind: 'missing'; why: string }
  /** the audit fetches and checks the images itself */
  | { kind: 'local' }
  | { kind: 'job'; image: string };

/** @param overrideCliImage of the stream, resolved; empty for none */
export function verifierOf({ verification, cliImage }: AuditPolicy, stream: string, overrideCliImage: string): Verifier {
  if (verification === 'off') return { kind: 'none', why: 'the settings switch verification off' };
  const image = cliImage ?? overrideCliImage;
  if (image === 'local') return { kind: 'local' };
  if (image !== '') return { kind: 'job', image };
  const why = `no audit CLI image is configured, and stream ${stream} has no overrideCLIImage`;
  return verification === 'required' ? { kind: 'missing', why } : { kind: 'none', why };
}

/** Phases in which releases of a stream are signed; none where the stream is left out. */
export function signedPhases({ phases, streams }: AuditPolicy, config: ReleaseConfig): readonly Phase[] {
  return streams === 'all' || isStable(config) ? phases : [];
}
