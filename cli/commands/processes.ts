import { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';

/*
 * The commands that are processes of their own. What they need is loaded when they run: the others must start at once.
 */

export function worker(run: Run): Command {
  return new Command('worker')
    .description('run the workflows and activities of releases')
    .option('--dry-run', 'say in the log what would be done, and do nothing')
    .option('--take-over', 'drive a cluster that another Waybill holds; its workers stop')
    .action((options: WorkerOptions) => run((io) => runTheWorker(options, io)));
}

export function serve(run: Run): Command {
  return new Command('serve').description('serve the API and the pages').action(() => run(runTheServer));
}

export function dev(run: Run): Command {
  return new Command('dev')
    .description('run everything on this machine, with the servers that the environment does not name')
    .option('--empty', 'no demo')
    .option('--until-accepted', "leave when the demo's release is accepted and audited")
    .option('--fresh', 'discard the state of earlier runs')
    .action((options: { empty?: boolean; untilAccepted?: boolean; fresh?: boolean }) =>
      run(async ({ env, out }) => {
        const { runDev } = await import('../../infra/local/dev.ts');
        return (await runDev(options, { env, signal: stopSignal(), say: (line) => out(`${line}\n`) })) as ExitCode;
      }),
    );
}

interface WorkerOptions {
  dryRun?: boolean;
  takeOver?: boolean;
}

async function runTheWorker({ dryRun = false, takeOver = false }: WorkerOptions, { env }: Io): Promise<ExitCode> {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const settings = loadSettings(env);
  const { createLogger } = await import('../../infra/log.ts');
  if (dryRun || settings.worker.dryRun) {
    const { runDryly } = await import('../../workers/dry-run.ts');
    await runDryly(settings, createLogger(settings, 'worker'), stopSignal());
    return exitCode.ok;
  }
  const { runWorker } = await import('../../workers/worker.ts');
  const { currentSubject } = await import('../../workers/log-attributes.ts');
  await runWorker(settings, createLogger(settings, 'worker', currentSubject), { takeOver });
  return exitCode.ok;
}

async function runTheServer({ env }: Io): Promise<ExitCode> {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const settings = loadSettings(env);
  const { createLogger } = await import('../../infra/log.ts');
  const { runServer } = await import('../../api/server.ts');
  await runServer(settings, createLogger(settings, 'server'), stopSignal());
  return exitCode.ok;
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  return stop.signal;
}
