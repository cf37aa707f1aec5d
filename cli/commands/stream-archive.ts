import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { orderRemoval, placeOf, removingCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function streamArchive(run: Run): Command {
  return removingCommand('archive', 'move the releases of a version into an image stream of their own; repeat it when it was interrupted')
    .argument('<versions...>', 'as in 4.18')
    .action((versions: string[], options: OrderOptions) => run((io) => archiveAll(versions, options, io)));
}

async function archiveAll(versions: string[], options: OrderOptions, io: Io): Promise<ExitCode> {
  const { namespace, imageStream, usual } = placeOf(options);
  for (const version of versions) await orderRemoval('archive', { namespace, imageStream: imageStream ?? usual, version }, options, io);
  return exitCode.ok;
}
