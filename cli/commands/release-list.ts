import type { Command } from 'commander';
import type { JobCounts } from '../../domain/payload/release-view.ts';
import type { ReleaseListItem } from '../../domain/payload/stream-view.ts';
import { clientCommand, toJson, type ClientOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { age, table } from '../table.ts';

interface Options extends ClientOptions {
  stream?: string;
  limit: string;
}

export function releaseList(run: Run): Command {
  return clientCommand('list', 'list the newest releases')
    .option('--stream <name>', 'of one stream instead of all')
    .option('--limit <number>', 'how many of each stream', '20')
    .action((options: Options) => run((io) => listReleases(options, io)));
}

async function listReleases(options: Options, io: Io) {
  const query = new URLSearchParams({ limit: options.limit, ...(options.stream !== undefined && { stream: options.stream }) });
  const { releases } = await connect(options, io).get<{ releases: ReleaseListItem[] }>(`/releases?${query}`);
  if (options.json) io.out(toJson(releases));
  else io.out(releases.length === 0 ? 'no releases yet\n' : releaseTable(releases, io.now()));
  return exitCode.ok;
}

export function releaseTable(releases: readonly ReleaseListItem[], now: number): string {
  return table(
    ['RELEASE', 'STREAM', 'PHASE', 'BLOCKING', 'ALL JOBS', 'AGE'],
    releases.map(({ name, stream, phase, summary, created }) => [
      name,
      stream,
      phase,
      counted(summary.blocking),
      counted(summary.all),
      age(created, now),
    ]),
  );
}

function counted({ total, succeeded, failed }: JobCounts): string {
  if (total === 0) return '-';
  return `${succeeded + failed}/${total}${failed > 0 ? ` (${failed} failed)` : ''}`;
}
