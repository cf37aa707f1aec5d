import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { startFront } from './front.ts';

const log = pino({ name: 'front' });
const needed = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const pki = needed('WAYBILL_FRONT_PKI');
const { port } = await startFront({
  kubeconfig: needed('WAYBILL_KUBECONFIG'),
  port: Number(needed('WAYBILL_FRONT_PORT')),
  certificate: readFileSync(join(pki, 'apiserver.crt'), 'utf8'),
  key: readFileSync(join(pki, 'apiserver.key'), 'utf8'),
  registry: needed('WAYBILL_REGISTRY'),
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
log.info({ port }, 'the front serves the API server, with imagestreamtags and imagestreamimages');
