import type { Command } from 'commander';
import type { ReleaseView } from '../../domain/payload/release-view.ts';
import { releaseCommand, releasePath, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';

export function releaseWhy(run: Run): Command {
  return releaseCommand('why', 'say why a release is where it is, and what comes next').action((tag: string, options: ReleaseOptions) =>
    run((io) => explain(tag, options, io)),
  );
}

async function explain(tag: string, options: ReleaseOptions, io: Io) {
  const view = await connect(options, io).get<ReleaseView>(releasePath(tag, options));
  io.out(options.json ? toJson(view) : explanation(view));
  return exitCode.ok;
}

/** Every reason, then the next steps. */
export function explanation({ name, phase, reasons, nextSteps }: ReleaseView): string {
  const listed = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [title, ...items.map((item) => `  - ${printable(item)}`)];
  return `${[`${printable(name)} is ${phase}`, ...listed('because', reasons), ...listed('next', nextSteps)].join('\n')}\n`;
}
