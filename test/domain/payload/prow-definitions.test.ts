import { describe, expect, it } from 'vitest';
import { readPeriodics } from '../../../domain/payload/prow-definitions.ts';

const aws = {
  name: 'periodic-aws',
  cluster: 'build01',
  interval: '24h',
  spec: { containers: [{ name: 'test', args: ['x'], env: [{ name: 'A', valueFrom: {} }] }] },
};

describe('Prow job definitions', () => {
  it('are the periodics of a file, as they are', () => {
    expect(
      readPeriodics({ presubmits: { 'org/repo': [{}] }, periodics: [aws, { name: 'jenkins', agent: 'jenkins', spec: null }] }),
    ).toEqual([aws, { name: 'jenkins', agent: 'jenkins', spec: null }]);
  });

  it.each([undefined, null, {}, { periodics: null }, { periodics: [] }])('are none in %j', (document) => {
    expect(readPeriodics(document)).toEqual([]);
  });

  const wrong: [unknown, string][] = [
    ['text', 'a Prow job configuration is a map with a list of periodics'],
    [[], 'a Prow job configuration is a map with a list of periodics'],
    [{ periodics: {} }, 'periodics is not a list'],
    [{ periodics: [1] }, 'periodics[0] is not a job'],
    [{ periodics: [aws, {}] }, 'periodics[1] has no name'],
    [{ periodics: [{ name: 'a', cluster: 1 }] }, 'cluster of periodic a is not a string'],
    [{ periodics: [{ name: 'a', spec: [] }] }, 'spec of periodic a is not a pod spec'],
    [{ periodics: [{ name: 'a', spec: { containers: {} } }] }, 'containers of periodic a is not a list'],
    [{ periodics: [{ name: 'a', spec: { containers: [null] } }] }, 'periodic a has a container that is none'],
    [{ periodics: [{ name: 'a', spec: { containers: [{ args: 'x' }] } }] }, 'args of periodic a is not a list'],
    [{ periodics: [{ name: 'a', spec: { containers: [{ env: [{ value: 'x' }] }] } }] }, 'env of periodic a has a variable without a name'],
    [{ periodics: [aws, aws] }, 'periodics has two jobs named periodic-aws'],
  ];
  it.each(wrong)('%j is refused', (document, message) => {
    expect(() => readPeriodics(document)).toThrow(new Error(message));
  });
});
