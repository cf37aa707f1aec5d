import { describe, expect, it } from 'vitest';
import { outcomeOf, parseRules } from '../../../../infra/sandbox/orders/rule-schema.ts';

describe('rules', () => {
  it('are read with their defaults', () => {
    const { rules, problems } = parseRules('prow-rules', '- job: ^aws\n- {job: gcp, outcomes: [failure, success], seconds: 0}');
    expect(problems).toEqual([]);
    expect(rules).toEqual([
      { job: /^aws/, outcomes: ['success'] },
      { job: /gcp/, outcomes: ['failure', 'success'], seconds: 0 },
    ]);
  });

  it('for jobs may name a container and an exit code', () => {
    const { rules, problems } = parseRules(
      'job-rules',
      '- {job: a, container: mirror, exitCode: 3, outcomes: [failure]}\n- {job: b, exitCode: 0}',
    );
    expect(rules).toEqual([{ job: /a/, container: 'mirror', exitCode: 3, outcomes: ['failure'], skipBackoff: false }]);
    expect(problems[0]).toContain('exitCode');
  });

  it.each([
    ['an unknown outcome', '{job: a, outcomes: [fine]}', 'outcomes: 0'],
    ['no outcome at all', '{job: a, outcomes: []}', 'outcomes'],
    ['an unknown field', '{job: a, outcome: success}', 'outcome'],
    ['an expression that is none', '{job: "("}', 'job'],
    ['no job', '{seconds: 1}', 'job'],
    ['a negative time', '{job: a, seconds: -1}', 'seconds'],
    ['a text', 'fail everything', 'expected object'],
  ])('leave out one with %s, and keep the others', (_, rule, why) => {
    const { rules, problems } = parseRules('prow-rules', `- ${rule}\n- job: b`);
    expect(rules).toEqual([{ job: /b/, outcomes: ['success'] }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('rule 1 is ignored');
    expect(problems[0]).toContain(why);
  });

  it.each(['- [', 'a: 1', 'text'])('are none when the text is no list: %s', (text) => {
    const { rules, problems } = parseRules('job-rules', text);
    expect(rules).toEqual([]);
    expect(problems[0]).toContain('all rules are ignored');
  });

  it('are none when there is nothing', () => {
    expect(parseRules('import-rules', '')).toEqual({ rules: [], problems: [] });
  });
});

it('the last outcome repeats', () => {
  expect([0, 1, 2, 9].map((run) => outcomeOf(['failure', 'success'], run))).toEqual(['failure', 'success', 'success', 'success']);
});
