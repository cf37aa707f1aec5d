import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { CommandError, exitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Run } from '../run.ts';
import { stateFolder } from '../server-address.ts';

export function auditPublicKey(run: Run): Command {
  return new Command('public-key')
    .description('print the public key that signatures of releases are checked with')
    .action(() => run(printKey));
}

/** Reads the signing key where the settings say it is, else that of the local stack. */
async function printKey(io: Io) {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { publicKeyArmored, signingKeySource } = await import('../../activities/signing-key.ts');
  const settings = loadSettings(io.env);
  const source = signingKeySource(settings.signingKey) ?? localKey(io);
  const { KubernetesClient } = await import('../../activities/kubernetes/client.ts');
  const cluster = 'secret' in source ? KubernetesClient.connect(settings.kubeconfig) : undefined;
  io.out(await publicKeyArmored(source, cluster));
  return exitCode.ok;
}

/** @throws CommandError when there is none */
function localKey(io: Io): { file: string } {
  const file = join(stateFolder(io), 'signing-key.asc');
  if (existsSync(file)) return { file };
  throw new CommandError(
    exitCode.notFound,
    `no signing key is known: ${file} is not there; name one with WAYBILL_SIGNING_KEY_FILE or WAYBILL_SIGNING_KEY_SECRET`,
  );
}
