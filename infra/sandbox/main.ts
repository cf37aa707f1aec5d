import { pino } from 'pino';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { runSandbox } from './sandbox.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
stop.signal.addEventListener('abort', () => setImmediate(() => process.exit(0)));

const registry = process.env['WAYBILL_REGISTRY'];
if (registry === undefined) throw new Error('WAYBILL_REGISTRY is not set: host:port of the local registry');
const log = pino({ name: 'sandbox' });
await runSandbox({ client: KubernetesClient.connect(process.env['WAYBILL_KUBECONFIG']), registry, signal: stop.signal, log });
log.info({ registry }, 'the sandbox plays image import, release jobs and Prow');
