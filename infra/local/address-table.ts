import { join, relative } from 'node:path';
import type { LocalAddresses } from './state-directory.ts';

/** What a person wants to know once everything is ready. */
export function addressTable(home: string, addresses: LocalAddresses, tookMs: number): string {
  const rows = [
    ['web UI and API', addresses.waybill],
    ['Temporal UI', addresses.temporalUi],
    ['Temporal', addresses.temporal],
    ['kubeconfig', nearby(addresses.kubeconfig)],
    ['registry', addresses.registry],
    ['bucket', `${addresses.bucket} at ${addresses.storage}`],
    ['admin token', `in ${nearby(join(home, 'local.json'))}`],
    ['logs', nearby(join(home, 'logs'))],
  ].filter(([, where]) => where !== '');
  const table = rows.map(([name = '', where]) => `  ${name.padEnd(16)}${where}`);
  return ['', `Waybill is ready (${(tookMs / 1000).toFixed(1)} s)`, '', ...table, ''].join('\n');
}

function nearby(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
