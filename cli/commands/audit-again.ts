import type { Command } from 'commander';
import { clientCommand, toJson, type ReleaseOptions } from '../client-options.ts';
import { connect } from '../client.ts';
import { exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { adminToken } from '../server-address.ts';
import { person } from '../operations.ts';

interface Options extends ReleaseOptions {
  reason: string;
}

interface Answer {
  releases: { namespace: string; name: string; digest: string }[];
}

export function auditAgain(run: Run): Command {
  return clientCommand('again', 'verify and record a release once more, and sign it where it is not signed yet')
    .argument('<image>', 'name of a release, or sha256:… for all releases of that image')
    .option('--namespace <name>', 'where the release is, when its name is in several namespaces')
    .requiredOption('--reason <text>', 'why; the audit record tells it')
    .option('--token <token>', 'the admin token, instead of WAYBILL_ADMIN_TOKEN or that of the local stack')
    .action((image: string, options: Options) => run((io) => again(image, options, io)));
}

async function again(image: string, options: Options, io: Io) {
  const scope = options.namespace === undefined ? '' : `?namespace=${encodeURIComponent(options.namespace)}`;
  const path = `/audits/${encodeURIComponent(image)}/again${scope}`;
  const answer = await connect(options, io).post<Answer>(path, { reason: options.reason, by: person(io) }, adminToken(options, io));
  const said = answer.releases.map(({ namespace, name, digest }) => `${namespace}/${name} is audited again: ${digest}\n`);
  io.out(options.json ? toJson(answer) : printable(said.join('')));
  return exitCode.ok;
}
