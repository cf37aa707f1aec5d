import { planAdoption } from '../../domain/payload/adoption.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { importObstacle } from '../../domain/payload/build-order.ts';
import { isStable } from '../../domain/payload/config.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { statusTag } from '../../domain/payload/pull-spec.ts';
import { isRewrite, mustBeRewritten } from '../../domain/payload/rewrite.ts';
import type { Problem } from '../contract.ts';
import { MalformedImage } from '../image-labels.ts';
import { Unreachable } from '../registry-requests.ts';
import type { PreparedRelease, StableActivities } from '../stable-contract.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { readRelease } from './release-reader.ts';
import { readStream } from './stream-reader.ts';
import { annotateTag, replaceTags } from './tag-writer.ts';

/** What the workflows of a Stable stream ask of the cluster. */
export function stableActivities({ client, imageLabels }: PayloadDependencies): Pick<StableActivities, 'adoptTags' | 'prepareRelease'> {
  return {
    async adoptTags(stream, now) {
      const read = await readStream(client, stream);
      if (read.kind !== 'read' || !isStable(read.config)) return;
      const { change } = planAdoption(read, now);
      if (change !== undefined) await replaceTags(client, read.source, change.tags);
    },

    async prepareRelease(release): Promise<PreparedRelease> {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return read;
      const { target, tag } = read;
      const why = importObstacle(target, tag);
      if (why !== undefined) return { kind: 'importing', why };
      if (isRewrite(tag) !== undefined) return { kind: 'ready' };
      const labels = await labelsOf(imageLabels, target, tag);
      if ('problem' in labels) return { kind: 'blocked', problem: labels.problem };

      const rewrite = String(mustBeRewritten(labels.labels, tag));
      const isSame = (current: TagReference) => current.generation === tag.generation;
      const written = await annotateTag(
        client,
        release.namespace,
        target.metadata.name,
        tag.name,
        { [annotation.rewrite]: rewrite },
        isSame,
      );
      return written ? { kind: 'ready' } : { kind: 'importing', why: 'it was pushed again or removed while its image was read' };
    },
  };
}

type Labels = { labels: Record<string, string> } | { problem: Problem };

async function labelsOf(imageLabels: PayloadDependencies['imageLabels'], target: ImageStream, tag: TagReference): Promise<Labels> {
  try {
    return { labels: await imageLabels(importedImage(target, tag)) };
  } catch (error) {
    if (error instanceof Unreachable) return problem(`could not fetch Docker image metadata for release ${tag.name}: ${error.message}`);
    if (error instanceof MalformedImage) return problem(`malformed Docker image metadata on ImageStreamTag: ${error.message}`);
    throw error;
  }
}

const problem = (message: string): Labels => ({ problem: { reason: 'UnableToProcessRelease', message } });

/** Where a tag's image was imported from, by digest. What lies in the cluster's own registry is asked for where everybody can reach it. */
function importedImage(target: ImageStream, { name }: TagReference): string {
  const { dockerImageReference = '', image = '' } = statusTag(target, name)?.items?.[0] ?? {};
  const { dockerImageRepository: internal, publicDockerImageRepository: published } = target.status ?? {};
  return internal && published && dockerImageReference.startsWith(`${internal}@`) ? `${published}@${image}` : dockerImageReference;
}
