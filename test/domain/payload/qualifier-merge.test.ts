import { expect, it } from 'vitest';
import { mergeQualifier, mergeQualifiers } from '../../../domain/payload/qualifier-merge.ts';
import type { Escalation, Qualifier } from '../../../domain/payload/qualifier.ts';

const escalation = (name: string, failures: number): Escalation => ({ name, failures, priority: 'Major' });
const jira = (parts: NonNullable<Qualifier['notifications']>['jira']): Qualifier => ({ notifications: { jira: parts ?? {} } });

it.each<[string, Qualifier, Qualifier, Qualifier]>([
  ['texts replace', { badgeName: 'A', summary: 's' }, { badgeName: 'B' }, { badgeName: 'B', summary: 's' }],
  ['empty texts do not', { badgeName: 'A' }, { badgeName: '' }, { badgeName: 'A' }],
  ['flags replace, also with false', { enabled: true, approval: false }, { enabled: false }, { enabled: false, approval: false }],
  ['labels replace', { failureLabels: ['a'] }, { failureLabels: ['b'] }, { failureLabels: ['b'] }],
  ['payload 114: an empty list of labels clears them', { failureLabels: ['a'] }, { failureLabels: [] }, { failureLabels: [] }],
  ['without a list they stay', { failureLabels: ['a'] }, {}, { failureLabels: ['a'] }],
  [
    'texts for Jira replace one by one',
    jira({ project: 'P', component: 'c' }),
    jira({ component: 'd', thread: '' }),
    jira({ project: 'P', component: 'd' }),
  ],
  [
    'payload 115: an escalation of the same name is replaced whole, others are added, all sorted',
    jira({ escalations: [{ ...escalation('b', 3), mentions: ['x'] }, escalation('c', 9)] }),
    jira({ escalations: [escalation('b', 1), escalation('a', 2)] }),
    jira({ escalations: [escalation('a', 2), escalation('b', 1), escalation('c', 9)] }),
  ],
  [
    'nothing for Jira leaves the order',
    jira({ escalations: [escalation('b', 1), escalation('a', 1)] }),
    {},
    jira({ escalations: [escalation('b', 1), escalation('a', 1)] }),
  ],
  ['notifications of the override alone', {}, jira({ project: 'P' }), jira({ project: 'P' })],
])('%s', (_name, general, override, merged) => {
  expect(mergeQualifier(general, override)).toEqual(merged);
});

it('a job has the qualifiers that it names and that exist', () => {
  const general = { fips: { enabled: true }, sno: { enabled: true } };
  expect(mergeQualifiers(general, { fips: { badgeName: 'F' }, unknown: {} })).toEqual({ fips: { enabled: true, badgeName: 'F' } });
});
