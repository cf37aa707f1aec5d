import type { Command } from 'commander';
import type { ReleaseListItem, StreamView } from '../../domain/payload/stream-view.ts';
import { clientCommand, toJson, type ClientOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { releaseTable } from './release-list.ts';

type StreamDetails = StreamView & { recent: ReleaseListItem[] };

export function streamShow(run: Run): Command {
  return clientCommand('show', 'show one release stream and what it waits for')
    .argument('<name>', 'name of the stream')
    .action((name: string, options: ClientOptions) => run((io) => showStream(name, options, io)));
}

async function showStream(name: string, options: ClientOptions, io: Io) {
  const stream = await connect(options, io).get<StreamDetails>(`/streams/${encodeURIComponent(name)}`);
  io.out(options.json ? toJson(stream) : describe(stream, io.now()));
  return exitCode.ok;
}

function describe({ name, kind, namespace, imageStream, target, problem, waiting, endOfLife, recent }: StreamDetails, now: number): string {
  const facts = [
    `${name}: ${kind} stream of ${namespace}/${imageStream}, releases in ${namespace}/${target}`,
    ...(endOfLife ? ['at its end of life'] : []),
    ...(problem === undefined ? [] : [`not driven: ${problem}`]),
    ...waiting.map(({ for: what, why, until }) => `waits for ${what}: ${why}${until === undefined ? '' : ` (until ${until})`}`),
  ];
  return `${facts.map(printable).join('\n')}\n\n${recent.length === 0 ? 'no releases yet\n' : releaseTable(recent, now)}`;
}
