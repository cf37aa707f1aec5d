import type { Command } from 'commander';
import type { AuditAttemptView, JobView, ReleaseView } from '../../domain/payload/release-view.ts';
import { releaseCommand, releasePath, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { table } from '../table.ts';

export function releaseShow(run: Run): Command {
  return releaseCommand('show', 'show one release with its jobs').action((tag: string, options: ReleaseOptions) =>
    run((io) => showRelease(tag, options, io)),
  );
}

async function showRelease(tag: string, options: ReleaseOptions, io: Io) {
  const view = await connect(options, io).get<ReleaseView>(releasePath(tag, options));
  io.out(options.json ? toJson(view) : describe(view));
  return exitCode.ok;
}

function describe(view: ReleaseView): string {
  const { name, namespace, stream, phase, pullSpec, digest, created, audit, auditAttempts = [], override, jobs } = view;
  const facts: [string, string | undefined][] = [
    ['release', name],
    ['namespace', namespace],
    ['stream', stream],
    ['phase', phase],
    ['made', created],
    ['image', pullSpec || undefined],
    ['digest', digest],
    ['override', override && `${override.override}${override.by === undefined ? '' : ` by ${override.by}`}: ${override.reason}`],
    ['record', audit?.record],
    ['signature', audit?.signature],
    ...auditAttempts.map((attempt): [string, string] => [`audit ${attempt.attempt}`, attemptLine(attempt)]),
  ];
  const lines = facts.flatMap(([key, value]) => (value === undefined ? [] : [`${`${key}:`.padEnd(11)} ${printable(value)}`]));
  return `${lines.join('\n')}\n\n${jobs.length === 0 ? 'no jobs are known\n' : table(['JOB', 'KIND', 'STATE', 'RUNS', 'RESULTS'], jobs.map(row))}`;
}

function attemptLine({ outcome, at, why, by }: AuditAttemptView): string {
  return `${outcome}, ${at}${by === undefined ? '' : `, asked for by ${by}`}${why === undefined ? '' : `: ${why.replaceAll(/\s+/g, ' ')}`}`;
}

function row({ name, kind, state, runs, maxRetries, analysisRuns, url, note }: JobView): string[] {
  return [name, kind, state, `${runs.length}/${analysisRuns ?? maxRetries + 1}`, note ?? url];
}
