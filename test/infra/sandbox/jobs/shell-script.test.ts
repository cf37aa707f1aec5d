import { describe, expect, it } from 'vitest';
import { parseScript } from '../../../../infra/sandbox/jobs/shell-script.ts';

const parse = (script: string, ...parameters: string[]) =>
  parseScript(script, { parameters: ['', ...parameters], environment: { HOME: '/tmp' } });

describe('a script', () => {
  it.each<[string, string[], string[][]]>([
    ['oc image mirror "$2" "$1"', ['a', 'b c'], [['oc', 'image', 'mirror', 'b c', 'a']]],
    ['a --x="${1}" --y=\'$1\'', ['v'], [['a', '--x=v', '--y=$1']]],
    ['a;b\n\nc && d # no e', [], [['a'], ['b'], ['c'], ['d']]],
    ['a \\\n  b', [], [['a', 'b']]],
    ['a "" \'\' $1', [''], [['a', '', '']]],
    ['a "$HOME/.docker/" ${HOME}/*', [], [['a', '/tmp/.docker/', '/tmp/*']]],
    ['a "\\"q\\" \\n"', [], [['a', '"q" \\n']]],
    ['a#b', [], [['a#b']]],
    ['a $NOTHING', [], [['a']]],
  ])('%s', (script, parameters, words) => {
    expect(parse(script, ...parameters)).toEqual(words);
  });

  it('with an unset variable fails when it asked for that', () => {
    expect(() => parse('set -eu\noc adm release new --name="$7"')).toThrow('bash: line 2: $7: unbound variable');
    expect(() => parse('set -u; echo $NOTHING')).toThrow('NOTHING: unbound variable');
  });

  it.each(['a | b', 'a > f', 'a $(b)', 'a `b`', 'if a; then (b); fi', 'a & b', 'a "${b:-c}"'])(
    'is refused for what this shell does not know: %s',
    (script) => {
      expect(() => parse(script)).toThrow("the sandbox's shell does not know");
    },
  );

  it.each(['a "b', "a 'b"])('is refused for a quote without end: %s', (script) => {
    expect(() => parse(script)).toThrow('unexpected EOF');
  });
});
