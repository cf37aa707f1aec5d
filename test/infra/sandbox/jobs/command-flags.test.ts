import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../../../infra/sandbox/jobs/command-flags.ts';

const kinds = { name: 'string', keep: 'boolean', previous: 'list', namespace: 'string' } as const;

describe('flags', () => {
  it('are read in every form', () => {
    const flags = parseFlags(
      ['--name=a=b', '-n', 'ocp', 'SRC', '--keep', '--previous', '4.1.0,4.1.1', '--previous=4.1.2', '--', '--name'],
      kinds,
    );
    expect([flags.string('name'), flags.string('namespace'), flags.boolean('keep'), flags.list('previous'), flags.args]).toEqual([
      'a=b',
      'ocp',
      true,
      ['4.1.0', '4.1.1', '4.1.2'],
      ['SRC', '--name'],
    ]);
  });

  it('that were not given are empty', () => {
    const flags = parseFlags([], kinds);
    expect([flags.string('name'), flags.boolean('keep'), flags.list('previous')]).toEqual(['', false, []]);
  });

  it.each([
    [['--nmae=x'], 'error: unknown flag: --nmae'],
    [['-x'], "error: unknown shorthand flag: 'x' in -x"],
    [['--name'], 'error: flag needs an argument: --name'],
    [['--keep=yes'], 'error: invalid argument "yes" for "--keep" flag: strconv.ParseBool: parsing "yes": invalid syntax'],
    [['--constructor=x'], 'error: unknown flag: --constructor'],
  ])('are refused as Go does: %j', (words, message) => {
    expect(() => parseFlags(words, kinds)).toThrow(message);
  });
});
