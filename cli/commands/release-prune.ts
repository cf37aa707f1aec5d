import type { Command } from 'commander';
import { orderRemoval, placeOf, removingCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function releasePrune(run: Run): Command {
  return removingCommand('prune', 'remove releases; one that is kept stops it before anything is removed')
    .argument('<tags...>', 'names of the releases')
    .action((tags: string[], options: OrderOptions) => run((io) => orderRemoval('prune', { ...placeOf(options), tags }, options, io)));
}
