import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ReleaseView } from '../../domain/payload/release-view.ts';
import { releaseCommand, releasePath, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect, type WaybillClient } from '../client.ts';
import { CommandError, exitCode, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { LiveProgress } from '../progress.ts';
import type { Run } from '../run.ts';
import { explanation } from './release-why.ts';

interface Options extends ReleaseOptions {
  timeout?: string;
}

/** What a workflow waits for may change without an event; a terminal shows the time as it goes by. */
const lookAgainMs = 5_000;
const redrawMs = 1_000;
const gatherMs = 200;
const reconnectMs = 1_000;
/** a server that is away for longer than a restart takes is not waited for */
const patienceMs = 60_000;

export function releaseWatch(run: Run): Command {
  return releaseCommand(
    'watch',
    'follow a release to its verdict; exits 0 accepted, 1 rejected or failed, 3 not found, 4 server not reachable, 5 time ran out',
  )
    .option('--timeout <time>', 'stop waiting after this long: 90s, 10m, 2h')
    .action((tag: string, options: Options) => run((io) => watch(tag, options, io)));
}

async function watch(tag: string, options: Options, io: Io): Promise<ExitCode> {
  const deadline = options.timeout === undefined ? undefined : io.now() + timeoutMs(options.timeout);
  const client = connect(options, io);
  const read = () => client.get<ReleaseView>(releasePath(tag, options));
  let view = await read();
  const progress = new LiveProgress({ ...io, out: options.json ? () => {} : io.out });
  const stop = new AbortController();
  const edges = listen(client, view, stop.signal);
  try {
    while (!isDecided(view)) {
      progress.show(view);
      if (deadline !== undefined && io.now() >= deadline) return undecided(view, options, io);
      view = await next(view, { read, progress, edges, io, deadline });
    }
    progress.clear();
    io.out(options.json ? toJson(view) : explanation(view));
    return view.phase === 'Accepted' ? exitCode.ok : exitCode.no;
  } finally {
    stop.abort();
  }
}

const isDecided = ({ phase }: ReleaseView) => phase === 'Accepted' || phase === 'Rejected' || phase === 'Failed';

interface Looking {
  read: () => Promise<ReleaseView>;
  progress: LiveProgress;
  edges: Edges;
  io: Io;
  deadline: number | undefined;
}

/** The release as it is after something happened to it, or after a while. */
async function next(view: ReleaseView, { read, progress, edges, io, deadline }: Looking): Promise<ReleaseView> {
  const until = Math.min(io.now() + lookAgainMs, deadline ?? Number.POSITIVE_INFINITY);
  while (io.now() < until && !edges.seen()) {
    await edges.wait(Math.min(redrawMs, until - io.now()));
    if (io.isTerminal) progress.show(view);
  }
  if (edges.seen()) await pause(gatherMs);
  edges.clear();
  return readPatiently(read, io);
}

/** A server that restarts is waited for. */
async function readPatiently(read: () => Promise<ReleaseView>, io: Io): Promise<ReleaseView> {
  const giveUpAt = io.now() + patienceMs;
  for (let told = false; ; told = true) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== exitCode.unreachable || io.now() >= giveUpAt) throw error;
      if (!told) io.err(`${error.message}; trying again\n`);
      await pause(reconnectMs);
    }
  }
}

function undecided(view: ReleaseView, { json, timeout }: Options, io: Io): ExitCode {
  if (json) io.out(toJson(view));
  io.err(`${view.name} has no verdict after ${timeout}: it is ${view.phase}; see \`waybill release why ${view.name}\`\n`);
  return exitCode.undecided;
}

interface Edges {
  seen(): boolean;
  clear(): void;
  wait(ms: number): Promise<void>;
}

/** Hears of changes of the release; a stream of events that ends is taken up again, and counts as a change. */
function listen(client: WaybillClient, { name, stream }: ReleaseView, signal: AbortSignal): Edges {
  let seen = false;
  let wake = () => {};
  const note = () => {
    seen = true;
    wake();
  };
  const follow = async () => {
    while (!signal.aborted) {
      await client
        .events((changes) => {
          if (changes.releases.includes(name) || changes.streams.includes(stream)) note();
        }, signal)
        .catch(() => undefined);
      await pause(reconnectMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) note();
    }
  };
  void follow();
  return {
    seen: () => seen,
    clear: () => void (seen = false),
    wait: (ms) => {
      const timer = new AbortController();
      const heard = new Promise<void>((resolve) => (wake = resolve));
      return Promise.race([heard, pause(ms, undefined, { signal: timer.signal }).catch(() => undefined)]).finally(() => timer.abort());
    },
  };
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** @throws CommandError for what is no length of time */
function timeoutMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new CommandError(exitCode.usage, `--timeout ${text} is no length of time: give a number with a unit, as 90s, 10m or 2h`);
  return Number(number) * (unitMs[unit] ?? 0);
}
