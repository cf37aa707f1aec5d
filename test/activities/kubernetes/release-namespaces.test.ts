import { afterEach, expect, test, vi } from 'vitest';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { namespaces } from '../../../activities/kubernetes/resources.ts';
import { label } from '../../../domain/payload/annotations.ts';
import { testStack } from '../../support/stack.ts';

afterEach(() => vi.useRealTimers());
const namespace = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels } });

test('those listed in the settings are the ones, whatever their labels', async () => {
  const listed = new ReleaseNamespaces(testStack().kubernetes, ['a', 'b']);
  expect(listed.listed).toEqual(['a', 'b']);
  expect([await listed.has('a'), await listed.has('c'), [...(await listed.all())]]).toEqual([true, false, ['a', 'b']]);
});

test('those with the label come and go', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const stack = testStack();
  const [first, second] = [await stack.freshNamespace('labelled', { [label.releases]: 'true' }), await stack.freshNamespace('labelled')];
  const labelled = new ReleaseNamespaces(stack.kubernetes, 'labelled');
  const known = async () => [await labelled.has(first), await labelled.has(second)];
  expect([labelled.listed, await known()]).toEqual([undefined, [true, false]]);

  const change = (name: string, value: string | null) =>
    stack.kubernetes.patch(namespaces, undefined, name, { metadata: { labels: { [label.releases]: value } } });
  await Promise.all([change(first, null), change(second, 'true')]);
  expect(await known()).toEqual([true, false]);
  vi.setSystemTime(Date.now() + 5001);
  expect(await known()).toEqual([false, true]);
});

test('a watch event is believed at once', async () => {
  const labelled = new ReleaseNamespaces(testStack().kubernetes, 'labelled');
  await labelled.all();
  expect(labelled.note(namespace('new', { [label.releases]: 'true' }))).toBe(true);
  expect(await labelled.has('new')).toBe(true);
  expect(labelled.note(namespace('new', { [label.releases]: 'false' }))).toBe(false);
  expect(await labelled.has('new')).toBe(false);
  expect(
    labelled.note({ metadata: { name: 'ending', labels: { [label.releases]: 'true' }, deletionTimestamp: '2025-06-01T12:00:00Z' } }),
  ).toBe(false);
});

test('P5: only the sources that are named are driven, where some are named', async () => {
  const only = new ReleaseNamespaces(testStack().kubernetes, ['a', 'b'], ['a/one', 'c/two']);
  const driven = async (namespace: string, source: string) => [only.includes(namespace, source), await only.drives(namespace, source)];
  expect(await driven('a', 'one')).toEqual([true, true]);
  expect(await driven('a', 'two')).toEqual([false, false]);
  expect(await driven('c', 'two')).toEqual([true, false]);
  expect(await new ReleaseNamespaces(testStack().kubernetes, ['a']).drives('a', 'any')).toBe(true);
});
