import { CommandError } from './command-flags.ts';
import type { OcContext } from './oc.ts';

/** `sed '/^TEXT/,$d' FILE`: the lines before the first that begins so. Nothing else of sed is played. */
export function sed(words: readonly string[], { files, print }: OcContext): void {
  const [script = '', file = '', ...more] = words;
  const [, text] = /^\/\^([\w: ]+)\/,\$d$/.exec(script) ?? [];
  if (text === undefined || more.length > 0) throw new CommandError(`sed: the sandbox does not play "${words.join(' ')}"`);
  const content = files.get(file);
  if (content === undefined) throw new CommandError(`sed: can't read ${file}: No such file or directory`);
  const lines = content.join('\n').split('\n');
  const end = lines.findIndex((line) => line.startsWith(text));
  const kept = end === -1 ? lines : lines.slice(0, end);
  if (kept.length > 0) print(kept.join('\n'));
}

/** `test -s FILE`: whether a file has content. */
export function test(words: readonly string[], { files }: OcContext): void {
  const [flag, file = '', ...more] = words;
  if (flag !== '-s' || more.length > 0) throw new CommandError(`test: the sandbox does not play "${words.join(' ')}"`);
  if ((files.get(file)?.join('\n') ?? '') === '') throw new CommandError('');
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
