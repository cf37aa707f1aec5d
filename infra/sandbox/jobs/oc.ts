import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import type { Container } from '../../../domain/payload/kinds.ts';
import { CommandError } from './command-flags.ts';
import { ocAdmReleaseInfo } from './oc-adm-release-info.ts';
import { ocAdmReleaseNew } from './oc-adm-release-new.ts';
import { ocImageMirror } from './oc-image-mirror.ts';
import type { Registry } from '../images/registry.ts';
import { ShellError, parseScript } from './shell-script.ts';
import { internalRegistry } from '../images/stream-names.ts';

/** What a played command can reach. */
export interface OcContext {
  client: KubernetesClient;
  registry: Registry;
  /** of the Pod, the default namespace of oc */
  namespace: string;
  /** writes a line to the log */
  print: (line: string) => void;
}

export interface CommandResult {
  exitCode: number;
  log: string;
}

/** Programs that leave nothing behind that anybody here would see. */
const harmless = new Set(['set', 'mkdir', 'cp', 'cd', 'true', 'export']);
const commands: readonly { words: string; run: (rest: readonly string[], context: OcContext) => void | Promise<void> }[] = [
  { words: 'oc adm release new', run: ocAdmReleaseNew },
  { words: 'oc adm release info', run: ocAdmReleaseInfo },
  { words: 'oc image mirror', run: ocImageMirror },
  { words: 'oc registry login', run: (_, { print }) => print(`Saved credentials for ${internalRegistry}`) },
  { words: 'echo', run: (rest, { print }) => print(rest.join(' ')) },
];

/**
 * Runs what a container is told to run, when that is a bash script of the commands above; a container with anything else
 * does nothing and succeeds. The first command that fails ends the script.
 */
export async function runContainer(
  { command = [], args = [], env = [] }: Container & { command?: string[] },
  context: Omit<OcContext, 'print'>,
): Promise<CommandResult> {
  const [shell = '', flag, script = '', ...parameters] = [...command, ...args];
  if (!/(^|\/)bash$/.test(shell) || flag !== '-c') return { exitCode: 0, log: '' };
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  try {
    const environment = Object.fromEntries(env.map(({ name, value }) => [name, value ?? '']));
    for (const words of parseScript(script, { parameters, environment })) await runCommand(words, { ...context, print });
    return { exitCode: 0, log: lines.join('\n') };
  } catch (error) {
    print(
      error instanceof CommandError || error instanceof ShellError
        ? error.message
        : `error: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { exitCode: 1, log: lines.join('\n') };
  }
}

async function runCommand(words: readonly string[], context: OcContext): Promise<void> {
  const [program = ''] = words;
  if (harmless.has(program)) return;
  const known = commands.find((each) => each.words === words.slice(0, each.words.split(' ').length).join(' '));
  if (known !== undefined) return known.run(words.slice(known.words.split(' ').length), context);
  throw new CommandError(
    program === 'oc' ? `error: the sandbox does not play "${words.slice(0, 4).join(' ')}"` : `bash: ${program}: command not found`,
  );
}
