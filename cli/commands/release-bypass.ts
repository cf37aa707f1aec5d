import type { Command } from 'commander';
import { order, orderCommand, placeOf, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function releaseBypass(run: Run): Command {
  return orderCommand('bypass', 'mark a release as one to pass over; the mark is for people and their tools')
    .argument('<tag>', 'name of the release')
    .action((tag: string, options: OrderOptions) => run((io) => order('bypass', { ...placeOf(options), tag }, options, io)));
}
