import { appendFileSync } from 'node:fs';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { AuditActivities, SigningActivities } from '../../activities/audit-contract.ts';
import { limiterActivities } from '../../activities/limiter-client.ts';
import { permanent } from '../../activities/permanent.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { tracingPlugin } from '../../workers/tracing.ts';
import { auditTaskQueue } from '../../workflows/audit-messages.ts';
import { taskQueue } from '../../workflows/ids.ts';

/**
 * A worker of its own process, with the real limiter and signatures that are only noted: one line in a file, at the
 * moment when the work would begin. Arguments: address, Temporal namespace, workflow bundle, file.
 */
const [address = '', namespace = '', codePath = '', notes = ''] = process.argv.slice(2);

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection, namespace });

const signing: SigningActivities = {
  async signRelease({ digest, startBy }) {
    if (Date.now() > startBy) throw permanent('PermitExpired', 'the permit is over');
    appendFileSync(notes, `${Date.now()} ${digest} ${process.pid}\n`);
    return { path: signaturePath(digest, 1), fingerprint: 'F00D', signedAt: new Date().toISOString() };
  },
};
const limiting: Pick<AuditActivities, 'requestPermit' | 'checkEligible' | 'planVerification' | 'recordAttempt'> = {
  ...limiterActivities(client),
  checkEligible: async () => ({ eligible: true }),
  planVerification: async () => ({ kind: 'none', why: 'nothing is verified here' }),
  recordAttempt: async ({ tag }) => ({ path: `audit/ocp/${tag}.json` }),
};

const common = { connection, namespace, plugins: [tracingPlugin()], stickyQueueScheduleToStartTimeout: 1_000 };
const workers = await Promise.all([
  Worker.create({ ...common, taskQueue, workflowBundle: { codePath }, workflowThreadPoolSize: 1, activities: limiting }),
  Worker.create({ ...common, taskQueue: auditTaskQueue, activities: signing }),
]);
process.send?.('ready');
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();
