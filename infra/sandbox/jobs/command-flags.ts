/** A command refused: its text is what the program prints, its exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError';
}

export type FlagKinds = Readonly<Record<string, 'string' | 'boolean' | 'list'>>;

export interface Flags {
  string(name: string): string;
  boolean(name: string): boolean;
  list(name: string): string[];
  /** what is no flag */
  args: string[];
}

const short: Readonly<Record<string, string>> = { n: 'namespace', o: 'output', a: 'registry-config' };

/**
 * Reads a command line as Go's pflag does, with its words for what is wrong.
 *
 * @throws CommandError for an unknown flag, a missing value or a boolean that is none
 */
export function parseFlags(words: readonly string[], kinds: FlagKinds): Flags {
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-') || word === '-') args.push(word);
    else if (word === '--') args.push(...rest.splice(0));
    else takeFlag(word, rest, kinds, values);
  }
  return {
    string: (name) => values.get(name)?.at(-1) ?? '',
    boolean: (name) => values.get(name)?.at(-1) === 'true',
    list: (name) => (values.get(name) ?? []).flatMap((value) => value.split(',')).filter((value) => value !== ''),
    args,
  };
}

function takeFlag(word: string, rest: string[], kinds: FlagKinds, values: Map<string, string[]>): void {
  const [, dashes = '', written = '', assigned] = /^(--?)([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
  const name = dashes === '-' ? (short[written] ?? '') : written;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined)
    throw new CommandError(
      dashes === '-' ? `error: unknown shorthand flag: '${written[0]}' in ${word}` : `error: unknown flag: --${written}`,
    );
  const value = assigned ?? (kind === 'boolean' ? 'true' : rest.shift());
  if (value === undefined) throw new CommandError(`error: flag needs an argument: --${name}`);
  values.set(name, [...(values.get(name) ?? []), kind === 'boolean' ? booleanOf(name, value) : value]);
}

function booleanOf(name: string, value: string): string {
  if (/^(1|t|T|true|True|TRUE)$/.test(value)) return 'true';
  if (/^(0|f|F|false|False|FALSE)$/.test(value)) return 'false';
  throw new CommandError(`error: invalid argument "${value}" for "--${name}" flag: strconv.ParseBool: parsing "${value}": invalid syntax`);
}
