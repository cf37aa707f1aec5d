import { annotation } from '../../domain/payload/annotations.ts';
import type { ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { ownTags } from '../../domain/payload/stream-tags.ts';
import { verdictMark, type VerdictMark } from '../../domain/payload/verdict-marks.ts';
import type { PayloadActivities } from '../contract.ts';
import { isConflict } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams, releasePayloads } from './resources.ts';
import { readStream } from './stream-reader.ts';

const attempts = 5;

/** What the `stream` workflow asks for when releases were decided by another controller. */
export function verdictActivities({ client }: PayloadDependencies): Pick<PayloadActivities, 'markVerdicts'> {
  const marksOf = async (namespace: string | undefined): Promise<Map<string, VerdictMark>> => {
    const { items } = await client.list<ReleasePayload>(releasePayloads, namespace);
    return new Map(
      items.flatMap((payload) => ((mark) => (mark === undefined ? [] : [[payload.metadata.name, mark]]))(verdictMark(payload))),
    );
  };

  return {
    async markVerdicts(stream, told) {
      for (let attempt = 1; ; attempt += 1) {
        const read = await readStream(client, stream);
        if (read.kind !== 'read' || read.target === undefined) return;
        const { source, config, target } = read;
        const marks = await marksOf(target.metadata.namespace);
        for (const tag of told) marks.delete(tag);
        const own = new Set(ownTags({ source, config, target, phases: {} }).map(({ name }) => name));
        const tags = (target.spec?.tags ?? []).map((tag) => (own.has(tag.name) ? marked(tag, marks.get(tag.name)) : tag));
        if (tags.every((tag, index) => tag === target.spec?.tags?.[index])) return;
        try {
          await client.replace(imageStreams, { ...target, spec: { ...target.spec, tags } }, { answer: 'metadata' });
          return;
        } catch (error) {
          if (!isConflict(error) || attempt === attempts) throw error;
        }
      }
    },
  };
}

/** The same tag where it says so already. */
function marked(tag: TagReference, mark: VerdictMark | undefined): TagReference {
  if (mark === undefined || tag.annotations?.[annotation.phase] === mark.phase) return tag;
  const { [annotation.reason]: _, [annotation.message]: __, ...rest } = tag.annotations ?? {};
  const { phase, reason, message } = mark;
  return {
    ...tag,
    annotations: {
      ...rest,
      [annotation.phase]: phase,
      ...(reason ? { [annotation.reason]: reason } : {}),
      ...(message ? { [annotation.message]: message } : {}),
    },
  };
}
