import { Option, type Command } from 'commander';
import { toJson } from '../client-options.ts';
import { CommandError, exitCode, type ExitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import { order, placedCommand, placeOf, send, why, type OrderAnswer, type OrderOptions } from '../operations.ts';
import type { Run } from '../run.ts';

const states = { accept: 'Accepted', reject: 'Rejected', delete: 'deleted', show: 'shown' } as const;
const descriptions = {
  accept: 'the team accepts it',
  reject: 'the team rejects it',
  delete: 'the team says nothing any more',
  show: 'what the team says now',
};
const choices = Object.keys(states) as (keyof typeof states)[];

interface Options extends Omit<OrderOptions, 'reason'>, Partial<Record<keyof typeof states, string>> {
  reason?: string;
}

export function releaseApproval(run: Run): Command {
  const command = placedCommand('approval', 'say what a team says of a release; the verdict does not ask it')
    .argument('<tag>', 'name of the release')
    .option('-r, --reason <text>', why);
  for (const choice of choices) {
    const others = choices.filter((other) => other !== choice);
    command.addOption(new Option(`--${choice} <team>`, descriptions[choice]).conflicts(others));
  }
  return command.action((tag: string, options: Options) => run((io) => approve(tag, options, io)));
}

async function approve(tag: string, { reason, ...options }: Options, io: Io): Promise<ExitCode> {
  const choice = choices.find((each) => options[each] !== undefined);
  if (choice === undefined)
    throw new CommandError(exitCode.usage, 'say one of --accept, --reject, --delete, --show, with the name of the team');
  const reasoned = { ...options, reason: choice === 'show' ? 'shown' : reason };
  if (reasoned.reason === undefined) throw new CommandError(exitCode.usage, `--${choice} needs --reason: say why`);
  const orderOptions = reasoned as OrderOptions;
  const input = { namespace: placeOf(orderOptions).namespace, tag, team: options[choice] ?? '', state: states[choice] };
  return choice === 'show' ? show(input, orderOptions, io) : order('approval', input, orderOptions, io);
}

async function show(input: { team: string }, options: OrderOptions, io: Io): Promise<ExitCode> {
  const { state } = await send<OrderAnswer & { state: string | null }>('approval', input, options, io, false);
  const said = state === null ? `${input.team} says nothing` : `${input.team} says ${state}`;
  io.out(options.json ? toJson({ team: input.team, state }) : `${printable(said)}\n`);
  return exitCode.ok;
}
