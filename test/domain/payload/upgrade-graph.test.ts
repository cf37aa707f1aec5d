import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ProwJob } from '../../../domain/payload/kinds.ts';
import { UpgradeGraph, withoutHistory, type UpgradeRecord } from '../../../domain/payload/upgrade-graph.ts';
import { formatRecords, parseRecords, upgradeHasEnded, upgradeOf } from '../../../domain/payload/upgrade-records.ts';

const edge = (from: string, to: string, ...results: [state: string, url: string][]): UpgradeRecord => ({
  from,
  to,
  results: results.map(([state, url]) => ({ state, url })),
});
const succeeded = (url: string): [string, string] => ['Succeeded', url];
const graphOf = (...records: UpgradeRecord[]) => UpgradeGraph.of(records);

const tested = [
  edge('1.0.0', '1.1.0', succeeded('http://1')),
  edge('1.0.0', '1.1.0', succeeded('http://2')),
  edge('1.0.1', '1.1.0', succeeded('http://3')),
  edge('0.0.1', '1.0.0', succeeded('http://4')),
  edge('1.0.0', '1.1.1', succeeded('http://5')),
];
const pages = (...urls: string[]) => Object.fromEntries(urls.map((url) => [url, { state: 'Succeeded', url }]));

describe('queries', () => {
  const graph = graphOf(...tested);

  test('core 93: upgrades from a release, the most tested first, with history', () => {
    expect(graph.upgradesFrom('1.0.0')).toEqual([
      { from: '1.0.0', to: '1.1.0', success: 2, failure: 0, total: 2, history: pages('http://1', 'http://2') },
      { from: '1.0.0', to: '1.1.1', success: 1, failure: 0, total: 1, history: pages('http://5') },
    ]);
  });

  test('core 94: upgrades to a release, from the highest first, with history', () => {
    expect(graph.upgradesTo('1.1.0')).toEqual([
      { from: '1.0.1', to: '1.1.0', success: 1, failure: 0, total: 1, history: pages('http://3') },
      { from: '1.0.0', to: '1.1.0', success: 2, failure: 0, total: 2, history: pages('http://1', 'http://2') },
    ]);
  });

  test('P14: a summary of upgrades from a release has its own edges only', () => {
    expect(graph.upgradesFrom('1.0.1').map(withoutHistory)).toEqual([{ from: '1.0.1', to: '1.1.0', success: 1, failure: 0, total: 1 }]);
  });

  it('take several releases, and know nothing of others', () => {
    expect(graph.upgradesTo('1.1.0', '1.1.1', 'other').map(({ from, to }) => `${from} ${to}`)).toEqual([
      '1.0.1 1.1.0',
      '1.0.0 1.1.0',
      '1.0.0 1.1.1',
    ]);
    expect(graph.upgradesFrom('other')).toEqual([]);
  });

  it('put names that are no versions last', () => {
    const named = graphOf(edge('x', 't'), edge('4.9.0', 't'), edge('y', 't'), edge('4.10.0-rc.1', 't'), edge('4.10.0', 't'));
    expect(named.upgradesTo('t').map(({ from }) => from)).toEqual(['4.10.0', '4.10.0-rc.1', '4.9.0', 'y', 'x']);
  });

  it('sum up every edge', () => {
    const mixed = graphOf(edge('a', 'b', ['Failed', '1'], succeeded('2'), ['Pending', '3']));
    expect(mixed.summaries()).toEqual([{ from: 'a', to: 'b', success: 1, failure: 1, total: 3 }]);
  });
});

describe('recording', () => {
  const rows: [string, [string, string][], [string, string][]][] = [
    ['one result a page', [succeeded('1'), succeeded('1')], [succeeded('1')]],
    ['an end replaces what was pending', [['Pending', '1'], ['Failed', '1']], [['Failed', '1']]],
    ['what has ended stays', [['Failed', '1'], succeeded('1'), ['Pending', '1']], [['Failed', '1']]],
    ['pending stays pending', [['Pending', '1'], ['Pending', '1']], [['Pending', '1']]],
    ['without a page nothing counts', [succeeded('')], []],
    ['words of others are kept', [['Strange', '1']], [['Strange', '1']]],
  ]; // prettier-ignore
  it.each(rows)('%s', (_, results, expected) => {
    const graph = new UpgradeGraph();
    for (const result of results) graph.merge([edge('a', 'b', result)]);
    expect(graph.records()).toEqual([edge('a', 'b', ...expected)]);
  });

  it('says how much changed', () => {
    const graph = graphOf(edge('a', 'b', ['Pending', '1']));
    expect(graph.merge([edge('a', 'b', ['Pending', '1'])])).toBe(0);
    expect(graph.merge([edge('a', 'b', succeeded('1'), succeeded('2'))])).toBe(2);
  });
});

/** Any graph whose results end only once each, as jobs do. */
const versions = fc.constantFrom('4.14.0', '4.14.1', '4.15.0-rc.1', '4.15.0', '4.16.0-0.nightly-2024-08-30-110931');
const records = fc.array(
  fc
    .record({ from: versions, to: versions, urls: fc.array(fc.record({ id: fc.nat(20), ended: fc.boolean() }), { maxLength: 4 }) })
    .map(({ from, to, urls }) =>
      edge(from, to, ...urls.map(({ id, ended }): [string, string] => [ended ? (id % 2 ? 'Failed' : 'Succeeded') : 'Pending', `u${id}`])),
    ),
);

describe('merging', () => {
  it('gives the same graph in any order, and as often as one likes', () => {
    fc.assert(
      fc.property(records, records, (a, b) => {
        const merged = graphOf(...a, ...b).records();
        expect(graphOf(...b, ...a).records()).toEqual(merged);
        expect(graphOf(...a, ...b, ...a, ...merged).records()).toEqual(merged);
      }),
    );
  });

  it('with a graph that was written and read back changes nothing', () => {
    fc.assert(
      fc.property(records, (some) => {
        const graph = graphOf(...some);
        const text = formatRecords(graph.records());
        expect(graph.merge(parseRecords(text))).toBe(0);
        expect(formatRecords(graphOf(...parseRecords(text)).records())).toBe(text);
      }),
    );
  });
});

describe('pruning', () => {
  it('takes away edges into unknown releases, and keeps those from unknown into known ones', () => {
    const graph = graphOf(edge('4.14.0', '4.15.0'), edge('nightly', '4.15.0'), edge('4.14.0', 'nightly'), edge('nightly', 'gone'));
    expect(graph.prune(new Set(['4.14.0', '4.15.0']))).toBe(2);
    expect(graph.records()).toEqual([edge('4.14.0', '4.15.0'), edge('nightly', '4.15.0')]);
  });

  it('never removes an edge between kept releases, and leaves none into another', () => {
    fc.assert(
      fc.property(records, fc.array(versions), (some, kept) => {
        const keep = new Set<string>(kept);
        const graph = graphOf(...some);
        const expected = graph.records().filter(({ to }) => keep.has(to));
        graph.prune(keep);
        expect(graph.records()).toEqual(expected);
        expect(graph.prune(keep)).toBe(0);
      }),
    );
  });
});

describe('the stored form', () => {
  it('is as Go writes it: order, keys, escapes', () => {
    const graph = graphOf(edge('b', 't', succeeded('http://x/?a=1&b=<2>'), succeeded('http://a')), edge('a', 't'), edge('z', 's'));
    expect(formatRecords(graph.records())).toBe(
      '[{"from":"z","to":"s","results":[]},{"from":"a","to":"t","results":[]},' +
        '{"from":"b","to":"t","results":[{"state":"Succeeded","url":"http://a"},{"state":"Succeeded","url":"http://x/?a=1\\u0026b=\\u003c2\\u003e"}]}]',
    );
  });
  it('of an empty graph is an empty list', () => expect(formatRecords([])).toBe('[]'));
  it('for people has four spaces a level', () =>
    expect(
      formatRecords([edge('a', 'b', succeeded('u'))], 4)
        .split('\n')
        .slice(0, 4),
    ).toEqual(['[', '    {', '        "from": "a",', '        "to": "b",']));
  it.each<[string, UpgradeRecord[]]>([
    ['null', []],
    ['[{"from":"a","to":"b","results":null,"more":1}]', [edge('a', 'b')]],
    ['[{"to":"b","results":[{"url":"u"}]}]', [edge('', 'b', ['', 'u'])]],
  ])('is read as Go reads it: %s', (text, expected) => expect(parseRecords(text)).toEqual(expected));
  it.each(['', '{', '{}', '[1]', '[{"from":1}]'])('is no graph: %j', (text) => expect(() => parseRecords(text)).toThrow());
});

describe('a verification job', () => {
  const job = (state: string | undefined, more: Record<string, string | undefined> = {}, url = 'https://prow/1'): ProwJob => ({
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name: 'j',
      labels: { 'release.openshift.io/verify': 'true' },
      annotations: Object.fromEntries(
        Object.entries({ 'from-tag': '4.14.0', tag: '4.15.0', architecture: 'amd64', ...more }).flatMap(([key, value]) =>
          value === undefined ? [] : [[`release.openshift.io/${key}`, value]],
        ),
      ),
    },
    spec: { job: 'p' },
    status: { ...(state === undefined ? {} : { state }), url },
  });

  it.each<[string | undefined, string, boolean]>([
    ['success', 'Succeeded', true],
    ['failure', 'Failed', true],
    ['error', 'Failed', true],
    ['aborted', 'Failed', true],
    ['triggered', 'Pending', false],
    ['scheduling', 'Pending', false],
    ['pending', 'Pending', false],
    [undefined, 'Pending', false],
  ])('in state %s is recorded as %s', (state, expected, ended) => {
    expect(upgradeOf(job(state), 'amd64')).toEqual(edge('4.14.0', '4.15.0', [expected, 'https://prow/1']));
    expect(upgradeHasEnded(job(state), 'amd64')).toBe(ended);
  });

  it.each<[string, ProwJob]>([
    ['no upgrade', job('success', { 'from-tag': undefined })],
    ['another architecture', job('success', { architecture: 'arm64' })],
    ['a state nobody knows', job('toString')],
    ['no page', job('success', {}, '')],
    ['not labelled', { ...job('success'), metadata: { ...job('success').metadata, labels: {} } }],
  ])('says nothing: %s', (_, each) => {
    expect([upgradeOf(each, 'amd64'), upgradeHasEnded(each, 'amd64')]).toEqual([undefined, false]);
  });
});
