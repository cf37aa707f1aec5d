import { flushCompileCache } from 'node:module';
import { pino } from 'pino';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { runSandbox } from './sandbox.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
stop.signal.addEventListener('abort', () => setImmediate(() => process.exit(0)));

const registry = process.env['WAYBILL_REGISTRY'];
if (registry === undefined) throw new Error('WAYBILL_REGISTRY is not set: host:port of the local registry');
const log = pino({ name: 'sandbox' });
const client = KubernetesClient.connect(process.env['WAYBILL_KUBECONFIG']);
const namespaces = process.env['WAYBILL_SANDBOX_NAMESPACES'];
const updateServicePort = Number(process.env['WAYBILL_UPDATE_SERVICE_PORT'] ?? 0);
await runSandbox({
  client,
  registry,
  namespaces: namespaces === undefined ? undefined : new RegExp(namespaces),
  updateServicePort,
  signal: stop.signal,
  log,
});
log.info({ registry }, 'the sandbox plays image import, release jobs, Prow and the update service');
// Whoever kills it wants it back soon.
flushCompileCache();
