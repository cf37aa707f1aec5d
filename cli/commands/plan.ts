import { Command } from 'commander';
import type { Forecast } from '../../domain/operations/forecast.ts';
import { toJson } from '../client-options.ts';
import { CommandError, exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { localStackFile } from '../server-address.ts';
import type { Plan } from '../../workers/plan.ts';

export function plan(run: Run): Command {
  return new Command('plan')
    .description(
      'say what a worker would do now, with each stream and beside them, and why; reads the cluster and Temporal, and writes nothing',
    )
    .option('--json', 'print the plan as JSON, with all names')
    .action((options: { json?: boolean }) => run((io) => printPlan(options, io)));
}

async function printPlan({ json }: { json?: boolean }, io: Io) {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { createLogger } = await import('../../infra/log.ts');
  const { planOnce } = await import('../../workers/plan.ts');
  const settings = loadSettings({ ...io.env, ...localSettings(io) });
  const log = createLogger({ logLevel: 'fatal' }, 'plan');
  const plan = await planOnce(settings, log, io.now()).catch((error: unknown) => {
    throw new CommandError(
      exitCode.unreachable,
      `the cluster could not be read (${error instanceof Error ? error.message : String(error)}): name its kubeconfig with WAYBILL_KUBECONFIG, or start a local stack with npm start`,
    );
  });
  io.out(json ? toJson(plan) : describe(plan, settings.releaseNamespaces));
  return exitCode.ok;
}

/** Where a local stack runs here, and no cluster is named, its servers are the ones that are meant. */
function localSettings(io: Io): Record<string, string> {
  const local = io.env['WAYBILL_KUBECONFIG'] ? undefined : localStackFile(io);
  const { kubeconfig = '', temporal = '', storage = '', bucket = '' } = local ?? {};
  const servers = {
    WAYBILL_KUBECONFIG: kubeconfig,
    WAYBILL_TEMPORAL_ADDRESS: temporal,
    ...(bucket === '' || io.env['WAYBILL_STORAGE_URL'] ? {} : { WAYBILL_STORAGE_URL: `gs://${bucket}`, WAYBILL_STORAGE_ENDPOINT: storage }),
  };
  return Object.fromEntries(Object.entries(servers).filter(([name, value]) => value !== '' && !io.env[name]));
}

function describe({ streams, parts }: Plan, namespaces: readonly string[] | 'labelled'): string {
  const where = namespaces === 'labelled' ? 'a namespace with the label waybill.dev/releases=true' : `namespace ${namespaces.join(', ')}`;
  const none = streams.length > 0 ? [] : [`no image stream in ${where} has a release config that is driven\n`];
  const told = streams.map((each) => paragraph(`${each.stream} (${each.source})`, each));
  return [...none, ...told, ...parts.map((each) => paragraph(each.part, each))].join('\n');
}

function paragraph(title: string, { would, because }: Forecast): string {
  const listed = (head: string, items: readonly string[]) => (items.length === 0 ? [] : [head, ...items.map((item) => `    - ${item}`)]);
  const lines = [title, ...(would.length === 0 ? ['  nothing'] : listed('  would', would)), ...listed('  because', because)];
  return `${lines.map(printable).join('\n')}\n`;
}
