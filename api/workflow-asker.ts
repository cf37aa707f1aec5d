import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import { createWake, type Wake } from '../activities/wake.ts';
import { connectionOptions } from '../infra/settings/temporal-connection.ts';
import type { Settings } from '../infra/settings/settings.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { auditAgain, type AuditAgain } from './audit-again.ts';
import type { WakeRelease } from './override.ts';
import type { WorkflowAsker } from './views.ts';

const patienceMs = 1_500;

export interface TemporalAsker extends WorkflowAsker {
  wakeRelease: WakeRelease;
  auditAgain: AuditAgain;
  wake: Wake;
  close(): Promise<void>;
}

/**
 * Asks workflows by their `waiting` query. Whatever stands in the way (no such workflow, one that has ended, no
 * worker, no Temporal) is no error of whoever asks: then nothing is known, within a second and a half.
 */
export async function temporalAsker(
  { temporal, reconcileMinutes }: Pick<Settings, 'temporal' | 'reconcileMinutes'>,
  onTrouble: (error: unknown) => void,
  interceptors: WorkflowClientInterceptor[] = [],
): Promise<TemporalAsker> {
  const connection = Connection.lazy(await connectionOptions(temporal));
  // A finished workflow would have to be replayed to say that it waits for nothing.
  const client = new Client({
    connection,
    namespace: temporal.namespace,
    workflow: { queryRejectCondition: 'NOT_OPEN' },
    interceptors: { workflow: interceptors },
  });
  const wake = createWake(client, reconcileMinutes);
  const ask = async (workflowId: string): Promise<Waiting[]> => {
    try {
      return await connection.withDeadline(Date.now() + patienceMs, () =>
        client.workflow.getHandle(workflowId).query<Waiting[]>('waiting'),
      );
    } catch (error) {
      if (!isExpected(error)) onTrouble(error);
      return [];
    }
  };
  return {
    async waiting(workflowIds) {
      const answers = (await Promise.all(workflowIds.map(ask))).flat();
      return answers.filter((item, index) => answers.findIndex((other) => other.for === item.for && other.why === item.why) === index);
    },
    wake,
    async wakeRelease(namespace, name) {
      const owner = { workflow: 'release', namespace, name, start: true, urgent: true } as const;
      await connection.withDeadline(Date.now() + patienceMs, () => wake.owner(owner)).catch(onTrouble);
    },
    auditAgain: auditAgain(client),
    close: () => connection.close(),
  };
}

const expected = new Set(['WorkflowNotFoundError', 'QueryRejectedError', 'QueryNotRegisteredError']);

function isExpected(error: unknown): boolean {
  return error instanceof Error && expected.has(error.name);
}
