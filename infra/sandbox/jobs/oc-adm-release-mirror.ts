import { isConflict } from '../../../activities/kubernetes/client.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { resolveImage } from '../images/image-resolver.ts';
import { tagsAfter, type ImportResult } from '../images/stream-status.ts';
import { CommandError, parseFlags } from './command-flags.ts';
import type { OcContext } from './oc.ts';
import { readRelease } from './read-release.ts';

const flagKinds = {
  from: 'string',
  'to-image-stream': 'string',
  namespace: 'string',
  'keep-manifest-list': 'boolean',
  'registry-config': 'string',
  insecure: 'boolean',
  'max-per-registry': 'string',
  'skip-release-image': 'boolean',
  'skip-verification': 'boolean',
  'dry-run': 'boolean',
} as const;
/** Ways of oc to mirror that are not played: better refused than ignored. */
const notPlayed = [
  'to',
  'to-dir',
  'to-release-image',
  'from-dir',
  'release-image-signature-to-dir',
  'apply-release-image-signature',
] as const;
const allFlagKinds = { ...flagKinds, ...Object.fromEntries(notPlayed.map((name) => [name, 'string' as const])) };
const attempts = 20;

/**
 * `oc adm release mirror RELEASE --to-image-stream=NAME`: the stream gets a tag for each image of the release, imported
 * at once. Tags of other names stay. Doing it again changes nothing.
 *
 * @throws CommandError for what oc refuses; errors of the API server and the registry as they come
 */
export async function ocAdmReleaseMirror(words: readonly string[], context: OcContext): Promise<void> {
  const flags = parseFlags(words, allFlagKinds);
  for (const flag of notPlayed) if (flags.string(flag) !== '') refuse(`the sandbox does not play --${flag}`);
  const [release = flags.string('from'), ...more] = flags.args;
  if (release === '' || more.length > 0) refuse('must specify a release image with --from or as the only argument');
  const to = flags.string('to-image-stream');
  if (to === '') refuse('must specify an image repository or image stream to mirror the release to');

  const { components, pullSpec } = await readRelease(release, context);
  const importMode = flags.boolean('keep-manifest-list') ? 'PreserveOriginal' : 'Legacy';
  const tags = components.map(({ name, image }) => ({
    name,
    from: { kind: 'DockerImage', name: image },
    importPolicy: { importMode },
    referencePolicy: { type: 'Source' },
  }));
  if (flags.boolean('dry-run')) return;
  await fill({ namespace: flags.string('namespace') || context.namespace, name: to }, tags, context);
  context.print(`Mirrored ${components.length} images of ${pullSpec} to image stream ${to}`);
}

async function fill(id: { namespace: string; name: string }, tags: TagReference[], context: OcContext): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const stream = await context.client.get<ImageStream>(imageStreams, id.namespace, id.name);
    if (stream === undefined) refuse(`imagestreams.image.openshift.io "${id.name}" not found`);
    try {
      await importAll(await withTags(stream, tags, context), tags, context);
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

/** A tag that points elsewhere by now takes the number of the stream, as with every change. */
async function withTags(stream: ImageStream, tags: TagReference[], { client }: OcContext): Promise<ImageStream> {
  const before = stream.spec?.tags ?? [];
  const isThere = (tag: TagReference) => before.some(({ name, from }) => name === tag.name && from?.name === tag.from?.name);
  const changed = tags.filter((tag) => !isThere(tag));
  if (changed.length === 0) return stream;
  const generation = (stream.metadata.generation ?? 1) + 1;
  const kept = before.filter(({ name }) => !changed.some((tag) => tag.name === name));
  const spec = { ...stream.spec, tags: [...kept, ...changed.map((tag) => ({ ...tag, generation }))] };
  return client.replace(imageStreams, { ...stream, spec });
}

async function importAll(stream: ImageStream, tags: TagReference[], { client, registry }: OcContext): Promise<void> {
  const results = new Map<string, ImportResult>();
  for (const tag of tags) results.set(tag.name, await resolveImage(stream, tag, { registry, stream: () => undefined }));
  const next = tagsAfter(stream, results, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
  if (next !== stream.status?.tags) await client.replaceStatus(imageStreams, { ...stream, status: { ...stream.status, tags: next } });
}

function refuse(message: string): never {
  throw new CommandError(`error: ${message}`);
}
