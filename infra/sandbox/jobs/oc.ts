import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import type { Container } from '../../../domain/payload/kinds.ts';
import { CommandError } from './command-flags.ts';
import { ocAdmReleaseInfo } from './oc-adm-release-info.ts';
import { ocAdmReleaseMirror } from './oc-adm-release-mirror.ts';
import { ocAdmReleaseNew } from './oc-adm-release-new.ts';
import { ocGet } from './oc-get.ts';
import { ocImageMirror } from './oc-image-mirror.ts';
import type { Registry } from '../images/registry.ts';
import { ShellError, parseScript } from './shell-script.ts';
import { awk, bracket, exit, ScriptEnd, sed, test } from './text-files.ts';
import { versionOperatorImage } from './version-operator.ts';
import { internalRegistry } from '../images/stream-names.ts';

/** What a played command can reach. */
export interface OcContext {
  client: KubernetesClient;
  registry: Registry;
  /** of the Pod, the default namespace of oc */
  namespace: string;
  /** that the container runs */
  image: string;
  /** what commands before wrote, in lines, by path */
  files: ReadonlyMap<string, readonly string[]>;
  /** writes a line to the log, or to the file that its output goes to */
  print: (line: string) => void;
}

export interface CommandResult {
  exitCode: number;
  log: string;
  /** what was written to the file for the termination message, if anything was */
  termination?: string;
}

/** Where a container leaves its last word, unless its definition says otherwise. */
const terminationLog = '/dev/termination-log';

/** Programs that leave nothing behind that anybody here would see. */
const harmless = new Set(['set', 'mkdir', 'cp', 'cd', 'true', 'export']);
const commands: readonly { words: string; run: (rest: readonly string[], context: OcContext) => void | Promise<void> }[] = [
  { words: 'oc adm release new', run: ocAdmReleaseNew },
  { words: 'oc adm release info', run: ocAdmReleaseInfo },
  { words: 'oc adm release mirror', run: ocAdmReleaseMirror },
  { words: 'cluster-version-operator image', run: versionOperatorImage },
  { words: 'oc get', run: ocGet },
  { words: 'oc image mirror', run: ocImageMirror },
  { words: 'oc registry login', run: (_, { print }) => print(`Saved credentials for ${internalRegistry}`) },
  { words: 'echo', run: (rest, { print }) => print(rest.join(' ')) },
  { words: 'awk', run: awk },
  { words: 'sed', run: sed },
  { words: 'test', run: test },
  { words: '[', run: bracket },
  { words: 'exit', run: exit },
];

/**
 * Runs what a container is told to run, when that is a shell script of the commands above; a container with anything else
 * does nothing and succeeds. The first command that fails ends the script.
 */
export async function runContainer(
  { command = [], args = [], env = [], image = '' }: Container & { command?: string[] },
  context: Omit<OcContext, 'print' | 'image' | 'files'>,
): Promise<CommandResult> {
  const [shell = '', flag, script = '', ...parameters] = [...command, ...args];
  if (!/(^|\/)(ba)?sh$/.test(shell) || flag !== '-c') return { exitCode: 0, log: '' };
  const log: string[] = [];
  const files = new Map<string, string[]>();
  const end = (exitCode: number): CommandResult => {
    const termination = files.get(terminationLog)?.join('\n') ?? '';
    return { exitCode, log: log.join('\n'), ...(termination === '' ? {} : { termination }) };
  };
  try {
    const environment = Object.fromEntries(env.map(({ name, value }) => [name, value ?? '']));
    const steps = parseScript(script, { parameters, environment });
    let failed = false;
    for (const [index, { words, output, orElse = false, branch }] of steps.entries()) {
      if ((orElse && !failed) || (branch === 'then' && failed)) continue;
      const lines = output === undefined ? log : [];
      if (output !== undefined) files.set(output, lines);
      const running = runCommand(words, { ...context, image, files, print: (line) => void lines.push(line) });
      const mayFail = branch === 'condition' || (!orElse && steps[index + 1]?.orElse === true);
      const error = await (mayFail
        ? running.then(
            () => undefined,
            (reason: unknown) => reason,
          )
        : running);
      if (error instanceof ScriptEnd) throw error;
      if (!orElse && branch !== 'then') failed = error !== undefined;
      if (error !== undefined) log.push(...told(error));
    }
    return end(0);
  } catch (error) {
    if (error instanceof ScriptEnd) return end(error.exitCode);
    log.push(...told(error));
    return end(1);
  }
}

function told(error: unknown): string[] {
  const plain = error instanceof CommandError || error instanceof ShellError;
  const message = plain ? error.message : `error: ${error instanceof Error ? error.message : String(error)}`;
  return message === '' ? [] : [message];
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
