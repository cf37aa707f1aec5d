import { describe, expect, it } from 'vitest';
import { historyQuery } from '../../../../domain/payload/history-query.ts';
import { parseQuery } from '../../../../infra/sandbox/bigquery/query.ts';
import { readQueryRequest, readResultsRequest } from '../../../../infra/sandbox/bigquery/request.ts';

const { sql = '', parameters = {} } = historyQuery('openshift-ci', [{ job: 'aws' }, { job: 'gcp', interval: '2 DAY' }]) ?? {};
const parse = (text: string, values: Record<string, string | string[]> = parameters) =>
  parseQuery(text, new Map(Object.entries(values)), new Date(0));

it('understands our query', () => {
  expect(parse(sql)).toMatchObject({ project: 'openshift-ci', columns: expect.arrayContaining(['prowjob_completion']) as unknown });
});

describe('refuses', () => {
  it.each([
    ['another table', sql.replace('.jobs`', '.runs`'), parameters, 'not of the form'],
    ['runs that go on', sql.replace('AND prowjob_completion IS NOT NULL\n', ''), parameters, 'not of the form'],
    ['a column that is not there', sql.replace('prowjob_url', 'prowjob_uri'), parameters, 'Unrecognized name: prowjob_uri'],
    ['a condition of another form', sql.replace('= @filtered_name_0', "= 'gcp'"), parameters, 'is not played'],
    ['a unit that is none', sql.replace('2 DAY', '2 FORTNIGHT'), parameters, 'is not played'],
    ['a second statement', `${sql}; DROP TABLE jobs`, parameters, 'not of the form'],
    ['a parameter too few', sql, { default_jobs: ['aws'] }, "Query parameter 'filtered_name_0' not found"],
    ['a parameter too many', sql, { ...parameters, more: 'x' }, 'that the query does not name: more'],
    ['one text for many', sql, { ...parameters, default_jobs: 'aws' }, "'default_jobs' is of the wrong type"],
  ])('%s', (_name, text, values, why) => {
    expect(() => parse(text, values)).toThrow(why);
  });

  const request = { query: 'SELECT', useLegacySql: false, parameterMode: 'NAMED', queryParameters: [] };
  const parameter = { name: 'a', parameterType: { type: 'STRING' }, parameterValue: { value: 'x' } };
  it.each([
    ['a field that is not known', { ...request, priority: 'BATCH' }, 'priority'],
    ['the old dialect', { ...request, useLegacySql: true }, 'useLegacySql'],
    ['parameters by place', { ...request, parameterMode: 'POSITIONAL' }, 'parameterMode'],
    [
      'a parameter of another type',
      { ...request, queryParameters: [{ ...parameter, parameterType: { type: 'INT64' } }] },
      'queryParameters.0',
    ],
    ['a parameter twice', { ...request, queryParameters: [parameter, parameter] }, "Duplicate query parameter 'a'"],
    ['no body', undefined, 'Invalid JSON payload'],
  ])('%s', (_name, body, why) => {
    expect(() => readQueryRequest(body)).toThrow(why);
  });

  it('a parameter of the address that is not known', () => {
    expect(() => readResultsRequest(new URLSearchParams({ pageToken: 'x', startRow: '1' }))).toThrow('startRow');
  });
});
