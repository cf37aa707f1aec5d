import { Command, CommanderError } from 'commander';
import { auditAgain } from './commands/audit-again.ts';
import { auditPublicKey } from './commands/audit-public-key.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { configValidate } from './commands/config-validate.ts';
import { demoPush } from './commands/demo-push.ts';
import { plan } from './commands/plan.ts';
import { dev, serve, worker } from './commands/processes.ts';
import { graphPrune } from './commands/graph-prune.ts';
import { releaseApproval } from './commands/release-approval.ts';
import { releaseBypass } from './commands/release-bypass.ts';
import { releaseKeep, releaseUnkeep } from './commands/release-keep.ts';
import { releaseKept } from './commands/release-kept.ts';
import { releasePrune } from './commands/release-prune.ts';
import { releaseList } from './commands/release-list.ts';
import { releaseAccept, releaseClearOverride, releaseReject } from './commands/release-override.ts';
import { releaseShow } from './commands/release-show.ts';
import { releaseWatch } from './commands/release-watch.ts';
import { releaseWhy } from './commands/release-why.ts';
import { streamArchive } from './commands/stream-archive.ts';
import { streamImport } from './commands/stream-import.ts';
import { streamLock, streamUnlock } from './commands/stream-lock.ts';
import { streamPoke } from './commands/stream-poke.ts';
import { streamRevert } from './commands/stream-revert.ts';
import { streamList } from './commands/stream-list.ts';
import { streamShow } from './commands/stream-show.ts';
import { CommandError, exitCode, type ExitCode } from './exit-codes.ts';
import { printable, processIo, type Io } from './io.ts';
import type { Run } from './run.ts';

/**
 * Runs one command line.
 *
 * @param words without the program's name
 * @returns the exit code; whatever goes wrong was said on standard error
 */
export async function runCommand(words: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const run: Run = async (work) => {
    code = await work(io);
  };
  try {
    await program(run, io).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    // help and version were printed, and so was what is wrong with the words
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    io.err(`waybill: ${printable(error instanceof Error ? error.message : String(error))}\n`);
    if (error instanceof CommandError) return error.code;
    if (io.env['WAYBILL_LOG_LEVEL'] === 'debug' && error instanceof Error) io.err(`${error.stack}\n`);
    return exitCode.no;
  }
}

function program(run: Run, io: Io): Command {
  const root = new Command('waybill').description('release control as durable workflows');
  root.addCommand(
    group(
      'stream',
      'release streams',
      streamList(run),
      streamShow(run),
      streamPoke(run),
      streamLock(run),
      streamUnlock(run),
      streamImport(run),
      streamRevert(run),
      streamArchive(run),
    ),
  );
  root.addCommand(
    group(
      'release',
      'releases',
      releaseList(run),
      releaseShow(run),
      releaseWhy(run),
      releaseWatch(run),
      releaseAccept(run),
      releaseReject(run),
      releaseClearOverride(run),
      releaseKeep(run),
      releaseUnkeep(run),
      releaseKept(run),
      releasePrune(run),
      releaseApproval(run),
      releaseBypass(run),
    ),
  );
  root.addCommand(group('config', 'release configurations', configValidate(run)));
  root.addCommand(group('graph', 'the graph of upgrades that were tested', graphPrune(run)));
  root.addCommand(group('audit', 'signatures of releases', auditAgain(run), auditPublicKey(run), auditVerify(run)));
  root.addCommand(group('demo', 'the demo of the local stack', demoPush(run)));
  for (const command of [plan(run), worker(run), serve(run), dev(run)]) root.addCommand(command);
  speakThrough(root, io);
  return root;
}

function group(name: string, description: string, ...commands: Command[]): Command {
  const parent = new Command(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent;
}

/** Commander neither leaves the process nor writes past the given io, at any depth. */
function speakThrough(command: Command, io: Io): void {
  command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  for (const child of command.commands) speakThrough(child, io);
}

/** The process as a command. */
export async function main(): Promise<ExitCode> {
  return runCommand(process.argv.slice(2), processIo());
}

if (import.meta.main) process.exitCode = await main();
