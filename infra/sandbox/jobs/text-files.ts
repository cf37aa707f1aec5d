import { CommandError } from './command-flags.ts';
import type { OcContext } from './oc.ts';

/** `sed '/^TEXT/,$d' FILE`: the lines before the first that begins so. Nothing else of sed is played. */
export function sed(words: readonly string[], { files, print }: OcContext): void {
  const [script = '', file = '', ...more] = words;
  const [, text] = /^\/\^([\w: ]+)\/,\$d$/.exec(script) ?? [];
  if (text === undefined || more.length > 0) throw new CommandError(`sed: the sandbox does not play "${words.join(' ')}"`);
  const lines = linesOf(file, files, `sed: can't read ${file}`);
  const end = lines.findIndex((line) => line.startsWith(text));
  const kept = end === -1 ? lines : lines.slice(0, end);
  if (kept.length > 0) print(kept.join('\n'));
}

/** As release-controller has it in its job for a reference release: from a line that begins so to the next key. */
const withoutStatus = '/^status:/{s=1;next} s&&/^[^ ]/{s=0} !s';

/** `awk PROGRAM FILE`: the lines of a YAML object without its status. Nothing else of awk is played. */
export function awk(words: readonly string[], { files, print }: OcContext): void {
  const [program = '', file = '', ...more] = words;
  if (program !== withoutStatus || more.length > 0) throw new CommandError(`awk: the sandbox does not play "${words.join(' ')}"`);
  let inStatus = false;
  for (const line of linesOf(file, files, `awk: cannot open ${file}`)) {
    inStatus = line.startsWith('status:') || (inStatus && /^( |$)/.test(line));
    if (!inStatus) print(line);
  }
}

function linesOf(file: string, files: OcContext['files'], trouble: string): string[] {
  const content = files.get(file);
  if (content === undefined) throw new CommandError(`${trouble}: No such file or directory`);
  return content.join('\n').split('\n');
}

/** `test -s FILE`: whether a file has content. */
export function test(words: readonly string[], { files }: OcContext): void {
  const [flag, file = '', ...more] = words;
  if (flag !== '-s' || more.length > 0) throw new CommandError(`test: the sandbox does not play "${words.join(' ')}"`);
  if ((files.get(file)?.join('\n') ?? '') === '') throw new CommandError('');
}

/** `[ -s FILE ]` and `[ ! -s FILE ]`. */
export function bracket(words: readonly string[], context: OcContext): void {
  const negated = words[0] === '!';
  const rest = words.slice(negated ? 1 : 0, -1);
  if (words.at(-1) !== ']') throw new CommandError("bash: [: missing `]'");
  if (!negated) return test(rest, context);
  try {
    test(rest, context);
  } catch (error) {
    if (error instanceof CommandError && error.message === '') return;
    throw error;
  }
  throw new CommandError('');
}

/** `exit N`: the script ends here. */
export function exit([code = '0']: readonly string[]): void {
  throw new ScriptEnd(Number(code));
}

export class ScriptEnd extends Error {
  override name = 'ScriptEnd';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('');
    this.exitCode = exitCode;
  }
}
