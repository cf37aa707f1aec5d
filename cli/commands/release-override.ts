import type { Command } from 'commander';
import { releaseCommand, releasePath, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { backUp, person } from '../operations.ts';
import type { Run } from '../run.ts';
import { adminToken } from '../server-address.ts';

interface Options extends ReleaseOptions {
  reason: string;
  backup?: string;
}

interface Answer {
  name: string;
  reason: string;
  changed: boolean;
  before?: Parameters<typeof backUp>[0];
}

export const releaseAccept = (run: Run) => overrideCommand(run, 'accept', 'Accepted');
export const releaseReject = (run: Run) => overrideCommand(run, 'reject', 'Rejected');

export const releaseClearOverride = (run: Run) =>
  orderCommand('clear-override', 'take a verdict by hand back: that of the jobs counts again').action((tag: string, options: Options) =>
    run((io) => clear(tag, options, io)),
  );

function overrideCommand(run: Run, verb: string, override: 'Accepted' | 'Rejected'): Command {
  return orderCommand(verb, `${verb} a release by hand, whatever its jobs say`).action((tag: string, options: Options) =>
    run((io) => write(tag, override, options, io)),
  );
}

function orderCommand(verb: string, description: string): Command {
  return releaseCommand(verb, description)
    .requiredOption('--reason <text>', 'why; everyone who asks about the release reads it')
    .option('-b, --backup <folder>', 'write the payload as it was into this folder first')
    .option('--token <token>', 'the admin token, instead of WAYBILL_ADMIN_TOKEN or that of the local stack');
}

async function write(tag: string, override: 'Accepted' | 'Rejected', options: Options, io: Io) {
  const answer = await order(tag, '/override', { override }, options, io);
  const said = `the override of ${answer.name} ${answer.changed ? 'is now' : 'was already'} ${override}: ${answer.reason}\n`;
  io.out(options.json ? toJson(answer) : said);
  return exitCode.ok;
}

async function clear(tag: string, options: Options, io: Io) {
  const answer = await order(tag, '/clear-override', {}, options, io);
  const said = answer.changed
    ? `the override of ${answer.name} is withdrawn: ${answer.reason}; see \`waybill release why ${answer.name}\`\n`
    : `${answer.name} has no override\n`;
  io.out(options.json ? toJson(answer) : said);
  return exitCode.ok;
}

async function order(tag: string, route: string, what: object, options: Options, io: Io): Promise<Answer> {
  const by = person(io);
  const send = (execute: boolean) =>
    connect(options, io).post<Answer>(
      releasePath(tag, options, route),
      { ...what, reason: options.reason, by, execute },
      adminToken(options, io),
    );
  if (options.backup !== undefined) backUp((await send(false)).before ?? [], options.backup, io);
  return send(true);
}
