import { describe, expect, it } from 'vitest';
import { PublishIndex } from '../../../activities/kubernetes/publish-index.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import type { Seen } from '../../../domain/payload/routing.ts';

const stream = (name: string, annotations: Record<string, string> = {}, tags: TagReference[] = []): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace: 'ocp', name, annotations },
  spec: { tags },
});
const publishing = (to: string | undefined, name = 'nightly') => {
  const publish = to === undefined ? {} : { copy: { imageStreamRef: { name: to } } };
  return stream(name, { 'release.openshift.io/config': JSON.stringify({ name, to: 'release', publish }) });
};
const edited = stream('4.15', {}, [{ name: 'cli', from: { kind: 'DockerImage', name: 'quay.example/cli:1' } }]);

/** Sees one stream after the other, and tells whom the last one woke. */
function woken(...streams: ImageStream[]): string[] {
  const index = new PublishIndex();
  const seen = new Map<string, Seen>();
  let owners: string[] = [];
  for (const each of streams) {
    const routed = index.route(each, seen.get(each.metadata.name), { owners: [], seen: { self: '' } });
    seen.set(each.metadata.name, routed.seen);
    owners = routed.owners.map(({ namespace, name, start }) => `${namespace}/${name}${start ? ' started' : ''}`);
  }
  return owners;
}

describe('an edited destination', () => {
  it('wakes every stream that publishes to it, and starts none', () =>
    expect(woken(publishing('4.15'), publishing('4.15', 'ci'), stream('4.15'), edited)).toEqual(['ocp/ci', 'ocp/nightly']));
  it('wakes nobody when it is first seen', () => expect(woken(publishing('4.15'), edited)).toEqual([]));
  it('wakes nobody when nothing of it matters', () =>
    expect(woken(publishing('4.15'), edited, { ...edited, status: { dockerImageRepository: 'x' } })).toEqual([]));
  it('wakes nobody any more when the config changed', () =>
    expect(woken(publishing('4.15'), stream('4.15'), publishing('4.16'), edited)).toEqual([]));
  it('wakes nobody any more when the config is gone', () =>
    expect(woken(publishing('4.15'), stream('4.15'), stream('nightly'), edited)).toEqual([]));
});
