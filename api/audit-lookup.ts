import { openStore, type SignatureStore } from '../activities/signature-store.ts';
import { auditRecordPath, type AuditRecord } from '../domain/audit/audit-record.ts';
import type { AuditView } from '../domain/payload/release-view.ts';
import type { Settings } from '../infra/settings/settings.ts';
import type { AuditLookup } from './views.ts';

const patienceMs = 1_500;
const mostKept = 5_000;

/** Looks for audit records in the store; one that was found never changes. A store that can not be read in time has none. */
export function auditLookup({ url, endpoint }: Settings['storage'], onTrouble: (error: unknown) => void): AuditLookup {
  if (url === undefined) return async () => undefined;
  const store = openStore(url, endpoint === undefined ? {} : { endpoint });
  const kept = new Map<string, AuditView>();
  return async (release) => {
    const path = auditRecordPath(release);
    const known = kept.get(path);
    if (known !== undefined) return known;
    try {
      const found = await withinPatience(readRecord(store, path));
      if (found !== undefined && kept.size < mostKept) kept.set(path, found);
      return found;
    } catch (error) {
      onTrouble(error);
      return undefined;
    }
  };
}

async function readRecord(store: SignatureStore, path: string): Promise<AuditView | undefined> {
  const content = await store.read(path);
  if (content === undefined) return undefined;
  const { signature } = JSON.parse(new TextDecoder().decode(content)) as AuditRecord;
  return { signature: signature.path, record: path };
}

async function withinPatience<T>(reading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${patienceMs} ms`)), patienceMs);
  });
  return Promise.race([reading, late]).finally(() => clearTimeout(timer));
}
