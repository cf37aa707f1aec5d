import type { Command } from 'commander';
import { orderRemoval, placeOf, removingCommand, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

type Options = OrderOptions & { component: string; to: string };

export function streamRevert(run: Run): Command {
  return removingCommand('revert', 'point one input image at what it was in an earlier release of the stream')
    .requiredOption('--component <tag>', 'name of the input image')
    .requiredOption('--to <release>', 'the earlier release')
    .action((options: Options) =>
      run((io) => orderRemoval('revert', { ...placeOf(options), tag: options.to, component: options.component }, options, io)),
    );
}
