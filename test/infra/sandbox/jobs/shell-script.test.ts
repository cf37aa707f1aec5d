import { describe, expect, it } from 'vitest';
import { parseScript } from '../../../../infra/sandbox/jobs/shell-script.ts';

const parse = (script: string, ...parameters: string[]) =>
  parseScript(script, { parameters: ['', ...parameters], environment: { HOME: '/tmp' } });
const wordsOf = (script: string, ...parameters: string[]) => parse(script, ...parameters).map(({ words }) => words);

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
    expect(wordsOf(script, ...parameters)).toEqual(words);
  });

  it('may send the output of a command to a file', () => {
    expect(parse('a b > /f\nc>"$1";d', 'g h')).toEqual([
      { words: ['a', 'b'], output: '/f' },
      { words: ['c'], output: 'g h' },
      { words: ['d'] },
    ]);
    expect(() => parse('a >\nb')).toThrow('syntax error near unexpected token');
  });

  it('may have a group for a command that fails', () => {
    expect(parse('a || { b "$1"; c; }\nd', 'x')).toEqual([
      { words: ['a'] },
      { words: ['b', 'x'], orElse: true },
      { words: ['c'], orElse: true },
      { words: ['d'] },
    ]);
    expect(() => parse('a || b')).toThrow('before a group only');
    expect(() => parse('a || { b')).toThrow('unexpected end of file');
  });

  it('may have commands that depend on another', () => {
    expect(parse('if a b; then c >&2; d; fi; e')).toEqual([
      { words: ['a', 'b'], branch: 'condition' },
      { words: ['c'], branch: 'then' },
      { words: ['d'], branch: 'then' },
      { words: ['e'] },
    ]);
    expect(() => parse('if a; then b')).toThrow('unexpected end of file');
    expect(() => parse('a; then b; fi')).toThrow('syntax error near unexpected token');
  });

  it('with an unset variable fails when it asked for that', () => {
    expect(() => parse('set -eu\noc adm release new --name="$7"')).toThrow('bash: line 2: $7: unbound variable');
    expect(() => parse('set -u; echo $NOTHING')).toThrow('NOTHING: unbound variable');
  });

  it.each([
    'a | b',
    'a >> f',
    'a 2> f',
    'a >& f',
    'a > f > g',
    'a < f',
    'a $(b)',
    'a `b`',
    'if a; then (b); fi',
    'if a && b; then c; fi',
    'a & b',
    '{ a; }',
    'a "${b:-c}"',
  ])('is refused for what this shell does not know: %s', (script) => {
    expect(() => parse(script)).toThrow("the sandbox's shell does not know");
  });

  it.each(['a "b', "a 'b"])('is refused for a quote without end: %s', (script) => {
    expect(() => parse(script)).toThrow('unexpected EOF');
  });
});
