import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isAlreadyExists, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { ProwDefinitions, type DefinitionSource } from '../../../activities/kubernetes/prow-definitions.ts';
import { configMaps } from '../../../activities/kubernetes/resources.ts';
import { testStack } from '../../support/stack.ts';

const periodics = (...names: string[]) => `periodics:\n${names.map((name) => `- {name: ${name}, cluster: build01}\n`).join('')}`;

// Only the clock stands still: what was read a moment ago is not read again.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = () => vi.setSystemTime(Date.now() + 1001);

function definitionsFrom(source: DefinitionSource) {
  const problems: string[] = [];
  const definitions = new ProwDefinitions(testStack().kubernetes, source, (problem) => problems.push(problem));
  const names = async () => [...(await definitions.load()).keys()].toSorted();
  return { names, problems, definitions };
}

describe('a ConfigMap', () => {
  async function configMap(data: Record<string, string>) {
    const stack = testStack();
    const namespace = await stack.freshNamespace('definitions');
    const write = async (texts: Record<string, string>) => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'job-config' }, data: texts };
      await stack.kubernetes.create<KubernetesObject>(configMaps, object).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
        return stack.kubernetes.replace<KubernetesObject>(configMaps, object);
      });
    };
    await write(data);
    return { write, namespace, ...definitionsFrom({ configMap: `${namespace}/job-config` }) };
  }

  test('gives the periodics of every key that ends in .yaml', async () => {
    const { names, problems } = await configMap({
      'a.yaml': periodics('one', 'two'),
      'b.yaml': periodics('three'),
      'README.md': periodics('none'),
    });
    expect([await names(), problems]).toEqual([['one', 'three', 'two'], []]);
  });

  test('is read as Prow reads it: YAML 1.1, where what stands for a text is one', async () => {
    const { definitions, names, problems } = await configMap({
      'a.yaml': `periodics:
- name: one
  cluster: build01
  decorate: yes
  labels: {flag: on, number: 1}
  spec:
    containers:
    - command: [run, 0x1f, 1.50]
      args: [--retries, 3, no]
      env:
      - {name: SWITCH, value: yes}
      - {name: COUNT, value: 10}
      - {name: MODE, value: 0755}
      - {name: CLOCK, value: 12:30}
      - {name: DAY, value: 2026-11-25}
      - {name: TEXT, value: "yes"}
`,
    });
    expect([await names(), problems]).toEqual([['one'], []]);
    const one = (await definitions.load()).get('one');
    expect(one).toMatchObject({ decorate: true, labels: { flag: 'true', number: '1' } });
    const [container] = one?.spec?.containers ?? [];
    expect([container?.command, container?.args]).toEqual([
      ['run', '31', '1.5'],
      ['--retries', '3', 'false'],
    ]);
    expect(container?.env?.map(({ value }) => value)).toEqual(['true', '10', '493', '12:30', '2026-11-25', 'yes']);
  });

  test('that changed is read again', async () => {
    const { names, write } = await configMap({ 'a.yaml': periodics('one') });
    await names();
    await write({ 'a.yaml': periodics('two') });
    later();
    expect(await names()).toEqual(['two']);
  });

  test('with a key that does not parse gives the others, and names it once', async () => {
    const { names, problems, write } = await configMap({
      'a.yaml': 'periodics: [',
      'b.yaml': periodics('one'),
      'c.yaml': 'periodics: [{cluster: x}]',
    });
    expect(await names()).toEqual(['one']);
    expect(problems).toEqual([
      expect.stringMatching(/^Prow job definitions in a\.yaml can not be read and are left out: /),
      'Prow job definitions in c.yaml can not be read and are left out: periodics[0] has no name',
    ]);
    later();
    expect(await names()).toEqual(['one']);
    expect(problems).toHaveLength(2);
    await write({ 'a.yaml': periodics('healed') });
    later();
    expect(await names()).toEqual(['healed']);
  });

  test('that does not exist gives none, until it does', async () => {
    const { names, write, namespace } = await configMap({});
    await testStack().kubernetes.delete(configMaps, namespace, 'job-config');
    expect(await names()).toEqual([]);
    await write({ 'a.yaml': periodics('one') });
    later();
    expect(await names()).toEqual(['one']);
  });

  test('read a moment ago is asked again only for what it lacked', async () => {
    const { definitions, write } = await configMap({ 'a.yaml': periodics('one') });
    const load = async (wanted: string) => (await definitions.load((known) => known.has(wanted))).has(wanted);
    expect(await load('one')).toBe(true);
    await write({ 'a.yaml': periodics('two') });
    expect([await load('one'), await load('two')]).toEqual([true, true]);
  });
});

describe('files', () => {
  async function folder(texts: Record<string, string>) {
    const path = await mkdtemp(join(tmpdir(), 'definitions-'));
    onTestFinished(() => rm(path, { recursive: true }));
    await mkdir(join(path, 'deep'));
    const write = async (name: string, text: string, changed = 1) => {
      await writeFile(join(path, name), text);
      await utimes(join(path, name), changed, changed);
    };
    for (const [name, text] of Object.entries(texts)) await write(name, text);
    return { path, write, ...definitionsFrom({ paths: [path] }) };
  }

  test('give the periodics of a whole folder, and of files that are named', async () => {
    const { path, names } = await folder({ 'a.yaml': periodics('one'), 'deep/b.yml': periodics('two'), 'c.txt': periodics('none') });
    expect(await names()).toEqual(['one', 'two']);
    expect(await definitionsFrom({ paths: [join(path, 'a.yaml')] }).names()).toEqual(['one']);
  });

  test('that changed, came or went are read again', async () => {
    const { path, write, names } = await folder({ 'a.yaml': periodics('one'), 'b.yaml': periodics('two') });
    await names();
    await write('a.yaml', periodics('changed'), 2);
    await rm(join(path, 'b.yaml'));
    await write('c.yaml', periodics('new'));
    later();
    expect(await names()).toEqual(['changed', 'new']);
  });

  test('that do not parse are named with their path', async () => {
    const { path, names, problems } = await folder({ 'a.yaml': 'periodics: 7', 'b.yaml': periodics('one') });
    expect(await names()).toEqual(['one']);
    expect(problems).toEqual([`Prow job definitions in ${join(path, 'a.yaml')} can not be read and are left out: periodics is not a list`]);
  });

  test('that are not there are an error', async () => {
    await expect(definitionsFrom({ paths: ['/nowhere/definitions'] }).names()).rejects.toThrow('/nowhere/definitions');
  });
});
