import { Command, Option } from 'commander';
import { formatRecords } from '../../domain/payload/upgrade-records.ts';
import { exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';

interface Options {
  confirm?: boolean;
  print: 'secret' | 'debug';
}

/** Works on the cluster itself, by its kubeconfig: the graph is too large to go through anything else. */
export function graphPrune(run: Run): Command {
  return new Command('prune')
    .description('take upgrades into releases that no Stable stream has any more out of the upgrade graph')
    .option('--confirm', 'write the graph; without it the pruned graph is printed')
    .addOption(
      new Option('--print <form>', 'how it is printed: as the content of the Secret (base64), or for people')
        .choices(['secret', 'debug'])
        .default('secret'),
    )
    .action((options: Options) => run((io) => prune(options, io)));
}

async function prune({ confirm = false, print }: Options, io: Io) {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { graphNamespace } = await import('../../infra/settings/graph-namespace.ts');
  const { KubernetesClient } = await import('../../activities/kubernetes/client.ts');
  const { ReleaseNamespaces } = await import('../../activities/kubernetes/release-namespaces.ts');
  const { packGraph } = await import('../../activities/kubernetes/graph-secret.ts');
  const { pruneGraph } = await import('../../activities/kubernetes/graph-pruner.ts');

  const settings = loadSettings(io.env);
  const client = KubernetesClient.connect(settings.kubeconfig);
  const releaseNamespaces = [...(await new ReleaseNamespaces(client, settings.releaseNamespaces).all())];
  const namespace = graphNamespace(settings);
  const { removed, graph } = await pruneGraph(client, { namespace, releaseNamespaces, confirmed: confirm });

  const records = graph.records();
  const done = confirm ? 'were' : 'would be';
  io.err(`${removed} of ${removed + records.length} edges ${done} removed from the upgrade graph in namespace ${namespace}\n`);
  if (confirm) return exitCode.ok;
  io.out(`${print === 'debug' ? formatRecords(records, 4) : (await packGraph(graph)).toString('base64')}\n`);
  io.err('nothing was written: run it again with --confirm\n');
  return exitCode.ok;
}
