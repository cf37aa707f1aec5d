import type { Command } from 'commander';
import { clientCommand, toJson, type ClientOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { table } from '../table.ts';

interface Kept {
  name: string;
  stream: string;
  namespace: string;
  ordered?: string;
}

export function releaseKept(run: Run): Command {
  return clientCommand('kept', 'list the releases that are kept').action((options: ClientOptions) => run((io) => listKept(options, io)));
}

async function listKept(options: ClientOptions, io: Io) {
  const { kept } = await connect(options, io).get<{ kept: Kept[] }>('/kept');
  if (options.json) io.out(toJson(kept));
  else if (kept.length === 0) io.out('no release is kept\n');
  else io.out(table(['RELEASE', 'STREAM', 'NAMESPACE', 'BY', 'REASON'], kept.map(row)));
  return exitCode.ok;
}

function row({ name, stream, namespace, ordered }: Kept): string[] {
  const { by = '-', reason = '' } = attributionOf(ordered);
  return [name, stream, namespace, by, reason];
}

/** Of a release that was kept some other way nobody knows who it was. */
function attributionOf(text = '{}'): { by?: string; reason?: string } {
  try {
    const { operation, by, reason } = JSON.parse(text) as { operation?: string; by?: string; reason?: string };
    return operation === 'keep' ? { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) } : {};
  } catch {
    return {};
  }
}
