import { Command } from 'commander';
import { CommandError, exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { localStackFile, stateFolder } from '../server-address.ts';

export function demoPush(run: Run): Command {
  return new Command('push')
    .description('change an input image of the demo, so that its stream makes another release')
    .argument('[component]', 'which image; the one with the fewest builds when left out')
    .action((component: string | undefined) => run((io) => push(component, io)));
}

async function push(component: string | undefined, io: Io) {
  const { kubeconfig, registry } = localStackFile(io) ?? {};
  if (kubeconfig === undefined || registry === undefined) {
    throw new CommandError(
      exitCode.unreachable,
      `no local stack runs here: ${stateFolder(io)}/local.json is not there; start it with npm start`,
    );
  }
  const { DemoError, pushDemoImage } = await import('../../infra/demo/demo.ts');
  const { KubernetesClient } = await import('../../activities/kubernetes/client.ts');
  try {
    const client = KubernetesClient.connect(kubeconfig);
    await pushDemoImage({ client, registry, log: (line) => io.out(`${line}\n`), ...(component !== undefined && { component }) });
  } catch (error) {
    if (error instanceof DemoError) throw new CommandError(exitCode.notFound, error.message);
    throw error;
  }
  return exitCode.ok;
}
