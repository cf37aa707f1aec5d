import { Command } from 'commander';
import type { StreamForecast } from '../../activities/kubernetes/forecast.ts';
import { toJson } from '../client-options.ts';
import { CommandError, exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { localStackFile } from '../server-address.ts';

export function plan(run: Run): Command {
  return new Command('plan')
    .description('say what a worker would do with each stream now, and why; reads the cluster and writes nothing')
    .option('--json', 'print the plans as JSON')
    .action((options: { json?: boolean }) => run((io) => printPlan(options, io)));
}

async function printPlan({ json }: { json?: boolean }, io: Io) {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { createLogger } = await import('../../infra/log.ts');
  const { planOnce } = await import('../../workers/dry-run.ts');
  const kubeconfig = io.env['WAYBILL_KUBECONFIG'] || localStackFile(io)?.kubeconfig;
  const settings = loadSettings({ ...io.env, ...(kubeconfig !== undefined && { WAYBILL_KUBECONFIG: kubeconfig }) });
  const log = createLogger({ logLevel: 'fatal' }, 'plan');
  const forecasts = await planOnce(settings, log, io.now()).catch((error: unknown) => {
    throw new CommandError(
      exitCode.unreachable,
      `the cluster could not be read (${error instanceof Error ? error.message : String(error)}): name its kubeconfig with WAYBILL_KUBECONFIG, or start a local stack with npm start`,
    );
  });
  io.out(json ? toJson(forecasts) : describe(forecasts, settings.releaseNamespaces));
  return exitCode.ok;
}

function describe(forecasts: readonly StreamForecast[], namespaces: readonly string[] | 'labelled'): string {
  if (forecasts.length > 0) return forecasts.map(paragraph).join('\n');
  const where = namespaces === 'labelled' ? 'a namespace with the label waybill.dev/releases=true' : `namespace ${namespaces.join(', ')}`;
  return `no image stream in ${where} has a release config that is driven\n`;
}

function paragraph({ stream, source, would, because }: StreamForecast): string {
  const listed = (title: string, items: readonly string[]) => (items.length === 0 ? [] : [title, ...items.map((item) => `    - ${item}`)]);
  const lines = [
    `${stream} (${source})`,
    ...(would.length === 0 ? ['  nothing'] : listed('  would', would)),
    ...listed('  because', because),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
