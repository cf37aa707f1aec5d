import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isAlreadyExists, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { QualifierSource, qualifiersFreshMs, type QualifierLocation } from '../../../activities/kubernetes/qualifier-source.ts';
import { configMaps } from '../../../activities/kubernetes/resources.ts';
import { testStack } from '../../support/stack.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Only the clock stands still: what was read a moment ago is not read again.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = () => vi.setSystemTime(Date.now() + qualifiersFreshMs + 1);

const yaml = (...ids: string[]) => `qualifiers:\n${ids.map((id) => `  ${id}: {enabled: true}\n`).join('')}`;

function sourceAt(location: QualifierLocation) {
  const problems: string[] = [];
  const source = new QualifierSource(testStack().kubernetes, location, (problem) => problems.push(problem));
  const ids = async () => {
    later();
    const qualifiers = await source.load();
    return qualifiers && Object.keys(qualifiers);
  };
  return { ids, problems, source };
}

async function configMap() {
  const { kubernetes, freshNamespace } = testStack();
  const namespace = await freshNamespace('qualifiers');
  const write = async (data: Record<string, string>) => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'q' }, data };
    await kubernetes.create<KubernetesObject>(configMaps, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
      return kubernetes.replace<KubernetesObject>(configMaps, object);
    });
  };
  return { write, ...sourceAt({ configMap: `${namespace}/q` }) };
}

test('a ConfigMap that is not there has no qualifiers', async () => {
  const { ids, problems } = await configMap();
  expect([await ids(), problems]).toEqual([[], []]);
});

test('a ConfigMap is read again when it changed, after a second', async () => {
  const { ids, write, source } = await configMap();
  await write({ 'q.yaml': yaml('fips') });
  expect(await ids()).toEqual(['fips']);
  await write({ 'q.yaml': yaml('fips', 'sno') });
  expect(Object.keys((await source.load()) ?? {})).toEqual(['fips']);
  expect(await ids()).toEqual(['fips', 'sno']);
});

test('one that is not valid leaves the last good one in force, says everything that is wrong, and says it once', async () => {
  const { ids, write, problems } = await configMap();
  await write({ 'q.yaml': yaml('fips') });
  await ids();
  await write({ 'q.yaml': 'qualifiers:\n  qe: {approval: true, failureLabels: [x]}\n  sno: {enabled: 1}\n' });
  expect(await ids()).toEqual(['fips']);
  expect(await ids()).toEqual(['fips']);
  expect(problems).toEqual([expect.stringMatching(/^the qualifiers in ConfigMap .*\/q are not valid, the last good one stays in force: /)]);
  expect(problems[0]).toContain('qualifiers.sno.enabled');
  expect(problems[0]).toContain('qualifiers.qe.failureLabels');
  await write({ 'q.yaml': yaml('healed') });
  expect([await ids(), problems.length]).toEqual([['healed'], 1]);
});

test('without any valid one nothing is known', async () => {
  const { ids, write, problems } = await configMap();
  await write({ 'q.yaml': 'qualifiers: [' });
  expect(await ids()).toBeUndefined();
  expect(problems).toEqual([expect.stringContaining('there are no qualifiers yet')]);
});

test('a file is read again when another takes its place, and has no qualifiers when it is gone', async () => {
  const file = join(temporaryFolder('qualifiers'), 'q.yaml');
  const { ids } = sourceAt({ file });
  expect(await ids()).toEqual([]);
  await writeFile(file, yaml('fips'));
  expect(await ids()).toEqual(['fips']);
  await writeFile(`${file}.new`, yaml('fine'));
  await rename(`${file}.new`, file);
  expect(await ids()).toEqual(['fine']);
  await rm(file);
  expect(await ids()).toEqual([]);
});
