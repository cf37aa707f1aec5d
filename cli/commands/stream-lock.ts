import type { Command } from 'commander';
import { inputStreamOf, order, orderCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function streamLock(run: Run): Command {
  return orderCommand('lock', 'make no new releases of a stream until it is unlocked')
    .argument('<stream>', 'image stream, or a version as in 4.18 for 4.18-art-latest')
    .option('--message <html>', 'what the page of the stream says, instead of the reason')
    .action((name: string, options: OrderOptions & { message?: string }) =>
      run((io) => order('lock', { ...inputStreamOf(name, options), message: options.message }, options, io)),
    );
}

export function streamUnlock(run: Run): Command {
  return orderCommand('unlock', 'make releases of a locked stream again')
    .argument('<stream>', 'image stream, or a version as in 4.18 for 4.18-art-latest')
    .action((name: string, options: OrderOptions) => run((io) => order('unlock', inputStreamOf(name, options), options, io)));
}
