import type { Command } from 'commander';
import type { StreamView } from '../../domain/payload/stream-view.ts';
import { clientCommand, toJson, type ClientOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { table } from '../table.ts';

export function streamList(run: Run): Command {
  return clientCommand('list', 'list the release streams').action((options: ClientOptions) => run((io) => listStreams(options, io)));
}

async function listStreams(options: ClientOptions, io: Io): Promise<ExitCode> {
  const { streams } = await connect(options, io).get<{ streams: StreamView[] }>('/streams');
  if (options.json) io.out(toJson(streams));
  else if (streams.length === 0) io.out('no image stream is configured as a release stream\n');
  else io.out(table(['STREAM', 'KIND', 'NEWEST', 'PHASE', 'LATEST ACCEPTED', 'PROBLEM'], streams.map(row)));
  return exitCode.ok;
}

function row({ name, kind, newest, latestAccepted, problem }: StreamView): string[] {
  return [name, kind, newest?.name ?? '-', newest?.phase ?? '-', latestAccepted?.name ?? '-', problem ?? ''];
}
