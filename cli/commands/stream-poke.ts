import type { Command } from 'commander';
import { inputStreamOf, order, orderCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function streamPoke(run: Run): Command {
  return orderCommand('poke', 'have a stream looked at now, without waiting for a change')
    .argument('<stream>', 'image stream, or a version as in 4.18 for 4.18-art-latest')
    .action((name: string, options: OrderOptions) => run((io) => order('poke', inputStreamOf(name, options), options, io)));
}
