import type { Command } from 'commander';
import { inputStreamOf, order, orderCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

export function streamImport(run: Run): Command {
  return orderCommand('import', 'have the images of tags imported again whose import failed')
    .argument('<stream>', 'image stream, or a version as in 4.18 for 4.18-art-latest')
    .action((name: string, options: OrderOptions) => run((io) => order('import', inputStreamOf(name, options), options, io)));
}
