import type { Command } from 'commander';
import { order, orderCommand, placeOf, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export const releaseKeep = (run: Run) => command(run, 'keep', 'keep a release: neither retention nor `prune` removes it');
export const releaseUnkeep = (run: Run) => command(run, 'unkeep', 'let a kept release go when its time is over');

function command(run: Run, name: 'keep' | 'unkeep', description: string): Command {
  return orderCommand(name, description)
    .argument('<tag>', 'name of the release')
    .action((tag: string, options: OrderOptions) => run((io) => order(name, { ...placeOf(options), tag }, options, io)));
}
