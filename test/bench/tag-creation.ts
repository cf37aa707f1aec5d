import { annotation } from '../../domain/payload/annotations.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { namespace, percentile, restMs, type BenchStack } from './bench-stack.ts';
import { benchConfig, createSource, createTarget, importImage } from './bench-streams.ts';

const samples = 20;

export interface TagCreation {
  tags: number;
  p50: number;
  p95: number;
  plainWriteP50: number;
}

/**
 * From the write that brings a new image into a source stream to tag and payload visible in a watch, in a target that
 * holds so many tags; each sample a stream of its own. Beside it one plain replacement of the same target object.
 */
export async function measureTagCreation(bench: BenchStack, tags: number): Promise<TagCreation> {
  const target = `target-${tags}`;
  await createTarget(bench, target, tags);
  const took: number[] = [];
  const writes: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const name = `source-${tags}-${sample}`;
    await createSource(bench, name, benchConfig(`4.20.0-0.${name}`, target, []));
    await bench.until(`${name} is looked at`, async () => (await bench.statusOf(`stream/${namespace}/${name}`)) !== undefined);
    const isNew = (payload: ReleasePayload) => payload.spec.payloadCoordinates?.streamName === `4.20.0-0.${name}`;
    const change = () => importImage(bench, name, `sha256:${'a'.repeat(64)}`);
    const { ms } = await bench.timeUntil<ReleasePayload>(releasePayloads, namespace, isNew, change, restMs);
    took.push(ms);
    writes.push(await plainWrite(bench, target));
  }
  return { tags, p50: percentile(took, 0.5), p95: percentile(took, 0.95), plainWriteP50: percentile(writes, 0.5) };
}

async function plainWrite(bench: BenchStack, target: string): Promise<number> {
  const stream = await bench.kubernetes.get<{ metadata: { name: string; annotations?: Record<string, string> } }>(
    imageStreams,
    namespace,
    target,
  );
  if (stream === undefined) throw new Error(`${target} is gone`);
  stream.metadata.annotations = { ...stream.metadata.annotations, [annotation.message]: String(Math.random()) };
  const began = performance.now();
  // The stream's own workflows may write in between; the refused write takes as long.
  await bench.kubernetes.replace(imageStreams, stream).catch(() => undefined);
  return performance.now() - began;
}
