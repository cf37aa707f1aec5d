import type { Key } from 'openpgp';
import { z } from 'zod';
import { auditRecordPath, auditRecordsFolder } from '../domain/audit/audit-record.ts';
import {
  groupVerdicts,
  isVerified,
  longestSignature,
  recordProblems,
  tagOfLocation,
  type GroupVerdict,
  type RecordFinding,
  type SignatureFinding,
} from '../domain/audit/client-verification.ts';
import { foundByClients, highestIndex, signaturePath } from '../domain/audit/signature-path.ts';
import { signaturesOf, type SignatureStore } from './signature-store.ts';
import { judgeSignature } from './signer.ts';

export interface KeyGroup {
  name: string;
  keys: readonly Key[];
}

/** What a store's content says about one image. */
export interface ImageVerification {
  digest: string;
  verified: boolean;
  groups: GroupVerdict[];
  signatures: SignatureFinding[];
  /** audit records of the releases that the signatures name */
  records: RecordFinding[];
}

/**
 * Verifies an image as clusters do, by nothing but a store's content and the keys that are trusted: `signature-1` and so on,
 * at most nine, until one is missing. Reads only.
 *
 * @param digest `sha256:<hex>`
 * @throws what the store throws where it can not be read
 */
export async function verifyAsClients(
  store: SignatureStore,
  digest: string,
  groups: readonly KeyGroup[],
  now: Date,
): Promise<ImageVerification> {
  const there = await signaturesOf(store, digest);
  const found = foundByClients(there.map(({ index }) => index));
  const signatures: SignatureFinding[] = [];
  for (const index of found) signatures.push(await findingAt(store, signaturePath(digest, index), digest, groups, now));
  for (const { index, path } of there.filter((each) => !found.includes(each.index))) signatures.push(hidden(index, path));
  const verdicts = groupVerdicts(
    groups.map(({ name }) => name),
    signatures,
  );
  return {
    digest,
    verified: isVerified(verdicts),
    groups: verdicts,
    signatures,
    records: await recordsOf(store, digest, signatures),
  };
}

async function findingAt(
  store: SignatureStore,
  path: string,
  digest: string,
  groups: readonly KeyGroup[],
  now: Date,
): Promise<SignatureFinding> {
  const refused = (why: string): SignatureFinding => ({ path, counts: false, why, groups: [] });
  const bytes = await store.read(path);
  if (bytes === undefined) return refused('it was removed while it was looked at');
  if (bytes.length > longestSignature) return refused(`it has ${bytes.length} bytes, and clients read no more than ${longestSignature}`);
  const judged = await Promise.all(
    groups.map(async ({ name, keys }) => ({ name, judgement: await judgeSignature(bytes, keys, digest, now) })),
  );
  const good = judged.flatMap(({ name, judgement }) => (judgement.counts ? [{ name, ...judgement }] : []));
  const [first] = good;
  if (first === undefined) {
    const [bad] = judged.flatMap(({ judgement }) => (judgement.counts ? [] : [judgement]));
    return refused(
      bad === undefined
        ? 'no keys are given'
        : [bad.why, ...(bad.keyIds.length > 0 ? [`(by key ${bad.keyIds.join(', ')})`] : [])].join(' '),
    );
  }
  const { location, timestamp } = first.content;
  const signedAt = new Date(timestamp * 1000).toISOString();
  return {
    path,
    counts: true,
    why: `signed by ${first.fingerprint} at ${signedAt} as ${location}`,
    groups: good.map(({ name }) => name),
    fingerprint: first.fingerprint,
    location,
    signedAt,
  };
}

const hidden = (index: number, path: string): SignatureFinding => ({
  path,
  counts: false,
  why: index > highestIndex ? `clients look no further than number ${highestIndex}` : 'a number before it is missing, where clients stop',
  groups: [],
});

const recordSchema = z.object({
  schemaVersion: z.literal(1),
  digest: z.string(),
  signature: z.object({ path: z.string(), fingerprint: z.string() }),
});

async function recordsOf(store: SignatureStore, digest: string, signatures: readonly SignatureFinding[]): Promise<RecordFinding[]> {
  const tags = new Set(signatures.flatMap(({ location }) => (location === undefined ? [] : [tagOfLocation(location)])));
  if (tags.size === 0) return [];
  const paths = (await store.list(auditRecordsFolder)).filter((path) => {
    const [, namespace, file = '', ...deeper] = path.split('/');
    const tag = file.replace(/\.json$/, '');
    return deeper.length === 0 && tags.has(tag) && path === auditRecordPath({ namespace: namespace ?? '', tag });
  });
  return Promise.all(paths.map((path) => recordAt(store, path, digest, signatures)));
}

async function recordAt(
  store: SignatureStore,
  path: string,
  digest: string,
  signatures: readonly SignatureFinding[],
): Promise<RecordFinding> {
  try {
    const record = recordSchema.parse(JSON.parse(new TextDecoder().decode(await store.read(path))));
    return { path, problems: recordProblems(record, digest, signatures) };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return { path, problems: ['it is no audit record'] };
    throw error;
  }
}
