import { z } from 'zod';
import { openStore, type SignatureStore } from '../activities/signature-store.ts';
import { attemptPath, attemptsFolder, attemptsIn } from '../domain/audit/audit-attempt.ts';
import { auditRecordPath, type AuditRecord } from '../domain/audit/audit-record.ts';
import type { AuditAttemptView, AuditView } from '../domain/payload/release-view.ts';
import type { Settings } from '../infra/settings/settings.ts';
import type { ViewSources } from './views.ts';

const patienceMs = 1_500;
const mostKept = 5_000;
/** The latest say why a release is not signed; the store has them all. */
const attemptsShown = 5;

type AuditLookups = Pick<ViewSources, 'audit' | 'attempts'>;

/** Looks for audit records in the store; one that was found never changes. A store that can not be read in time has none. */
export function auditLookups({ url, endpoint }: Settings['storage'], onTrouble: (error: unknown) => void): AuditLookups {
  if (url === undefined) return { audit: async () => undefined, attempts: async () => [] };
  const store = openStore(url, endpoint === undefined ? {} : { endpoint });
  const records = new Kept((path) => readRecord(store, path));
  const attempts = new Kept((path) => readAttempt(store, path));
  const orElse = async <T>(nothing: T, reading: Promise<T>): Promise<T> => {
    try {
      return await withinPatience(reading);
    } catch (error) {
      onTrouble(error);
      return nothing;
    }
  };
  const latest = async (release: { namespace: string; tag: string }) => {
    const numbers = attemptsIn(release, await store.list(attemptsFolder(release)));
    const shown = numbers.slice(-attemptsShown).toReversed();
    const found = await Promise.all(shown.map((number) => attempts.of(attemptPath(release, number))));
    return found.filter((attempt) => attempt !== undefined);
  };
  return {
    audit: (release) => orElse(undefined, records.of(auditRecordPath(release))),
    attempts: (release) => orElse([], latest(release)),
  };
}

/** What was read once and never changes. */
class Kept<T> {
  readonly #read: (path: string) => Promise<T | undefined>;
  readonly #kept = new Map<string, T>();

  constructor(read: (path: string) => Promise<T | undefined>) {
    this.#read = read;
  }

  async of(path: string): Promise<T | undefined> {
    const known = this.#kept.get(path);
    if (known !== undefined) return known;
    const found = await this.#read(path);
    if (found !== undefined && this.#kept.size < mostKept) this.#kept.set(path, found);
    return found;
  }
}

async function readRecord(store: SignatureStore, path: string): Promise<AuditView | undefined> {
  const content = await store.read(path);
  if (content === undefined) return undefined;
  const { signature } = JSON.parse(new TextDecoder().decode(content)) as AuditRecord;
  return { signature: signature.path, record: path };
}

const attemptSchema = z.object({
  attempt: z.number(),
  outcome: z.string(),
  why: z.string().optional(),
  at: z.string(),
  requested: z.object({ by: z.string() }).optional(),
});

/** @returns undefined for what is no record of ours */
async function readAttempt(store: SignatureStore, record: string): Promise<AuditAttemptView | undefined> {
  const content = await store.read(record);
  const parsed = attemptSchema.safeParse(content && JSON.parse(new TextDecoder().decode(content)));
  if (!parsed.success) return undefined;
  const { attempt, outcome, why, at, requested } = parsed.data;
  return { attempt, outcome, ...(why !== undefined && { why }), at, ...(requested !== undefined && { by: requested.by }), record };
}

async function withinPatience<T>(reading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${patienceMs} ms`)), patienceMs);
  });
  return Promise.race([reading, late]).finally(() => clearTimeout(timer));
}
