import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { releaseCommand, releasePath, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { adminToken } from '../server-address.ts';

interface Options extends ReleaseOptions {
  reason: string;
}

interface Answer {
  name: string;
  override: string;
  reason: string;
  changed: boolean;
}

export const releaseAccept = (run: Run) => overrideCommand(run, 'accept', 'Accepted');
export const releaseReject = (run: Run) => overrideCommand(run, 'reject', 'Rejected');

function overrideCommand(run: Run, verb: string, override: 'Accepted' | 'Rejected'): Command {
  return releaseCommand(verb, `${verb} a release by hand, whatever its jobs say`)
    .requiredOption('--reason <text>', 'why; everyone who asks about the release reads it')
    .option('--token <token>', 'the admin token, instead of WAYBILL_ADMIN_TOKEN or that of the local stack')
    .action((tag: string, options: Options) => run((io) => write(tag, override, options, io)));
}

async function write(tag: string, override: 'Accepted' | 'Rejected', options: Options, io: Io) {
  const client = connect(options, io);
  const order = { override, reason: options.reason, by: person(io) };
  const answer = await client.post<Answer>(releasePath(tag, options, '/override'), order, adminToken(options, io));
  const said = `the override of ${answer.name} ${answer.changed ? 'is now' : 'was already'} ${answer.override}: ${answer.reason}\n`;
  io.out(options.json ? toJson(answer) : said);
  return exitCode.ok;
}

function person({ env }: Io): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'unknown';
  }
}
