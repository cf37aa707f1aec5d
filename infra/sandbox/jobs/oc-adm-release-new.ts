import { parse as parseVersion } from 'semver';
import { parse as parseYaml } from 'yaml';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import type { ImageContent } from '../../oci/image.ts';
import { pushImage } from '../../oci/push.ts';
import { CommandError, parseFlags } from './command-flags.ts';
import type { Flags } from './command-flags.ts';
import { recordImagePush } from '../images/image-push.ts';
import type { OcContext } from './oc.ts';
import { readRelease } from './read-release.ts';
import { releaseImage, type ReleaseContents } from './release-image.ts';
import { releaseInputs, type Component } from './release-inputs.ts';
import { registryPath } from '../images/stream-names.ts';

const flagKinds = {
  name: 'string',
  namespace: 'string',
  'from-image-stream': 'string',
  'from-image-stream-file': 'string',
  'from-release': 'string',
  'to-image': 'string',
  'reference-mode': 'string',
  'keep-manifest-list': 'boolean',
  previous: 'list',
  exclude: 'list',
  include: 'list',
  metadata: 'string',
  'allow-missing-images': 'boolean',
  'skip-manifest-check': 'boolean',
  'skip-verification': 'boolean',
  insecure: 'boolean',
  'max-per-registry': 'string',
  'registry-config': 'string',
  'dry-run': 'boolean',
} as const;
/** Flags of oc that change what is made, in ways that are not played: better refused than ignored. */
const notPlayed = [
  'from-dir',
  'mirror',
  'to-dir',
  'to-file',
  'to-image-base',
  'to-image-base-tag',
  'to-signature',
  'next',
  'output',
] as const;
const allFlagKinds = { ...flagKinds, ...Object.fromEntries(notPlayed.map((name) => [name, 'string' as const])) };

/**
 * `oc adm release new` from an ImageStream, a file with one, or another release to an image. Its inputs decide every byte of the image, so running it
 * again pushes the same one. An image for another registry is made and not sent.
 *
 * @throws CommandError for what oc refuses; errors of the API server and the registry as they come
 */
export async function ocAdmReleaseNew(words: readonly string[], context: OcContext): Promise<void> {
  const flags = parseFlags(words, allFlagKinds);
  for (const flag of notPlayed) if (flags.string(flag) !== '') refuse(`the sandbox does not play --${flag}`);
  const name = releaseName(flags);
  const inputs = await inputsOf(flags, context);
  context.print(`info: Found ${inputs.components.length} images in ${inputs.from}`);

  const image = releaseImage({
    name,
    ...inputs.origin,
    components: inputs.components,
    previous: flags.list('previous').map((version) => strictVersion(version) ?? refuse(`"${version}" is not a valid semantic version`)),
    metadata: metadataOf(flags.string('metadata')),
    created: inputs.created,
  });
  if (!flags.boolean('dry-run')) await push(flags.string('to-image'), image, context);
}

function releaseName(flags: Flags): string {
  const name = flags.string('name');
  return strictVersion(name) ?? refuse('--name must be a semantic version');
}

interface Inputs {
  components: Component[];
  /** as the log calls it */
  from: string;
  /** as the release tells it */
  origin: Pick<ReleaseContents, 'fromImageStream' | 'fromRelease'>;
  /** RFC 3339 */
  created: string;
}

async function inputsOf(flags: Flags, context: OcContext): Promise<Inputs> {
  const exclude = new Set(flags.list('exclude'));
  const release = flags.string('from-release');
  if (release !== '') {
    if (flags.string('from-image-stream') !== '') refuse('only one of --from-image-stream or --from-release may be specified');
    const { pullSpec, components, created } = await readRelease(release, context);
    const kept = components.filter(({ name }) => !exclude.has(name));
    return { components: kept, from: 'release', origin: { fromRelease: pullSpec }, created };
  }
  const stream = await inputStream(flags, context);
  const components = releaseInputs(stream, flags.string('reference-mode'), exclude);
  const origin = { fromImageStream: `${stream.metadata.namespace}/${stream.metadata.name}` };
  return { components, from: 'image stream', origin, created: stream.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z' };
}

async function inputStream(flags: Flags, { client, namespace, files }: OcContext): Promise<ImageStream> {
  const file = flags.string('from-image-stream-file');
  if (file !== '') return streamOfFile(file, files.get(file));
  const from = flags.string('from-image-stream');
  if (from === '') refuse('must specify image mappings when no other source is defined');
  const stream = await client.get<ImageStream>(imageStreams, flags.string('namespace') || namespace, from);
  return stream ?? refuse(`imagestreams.image.openshift.io "${from}" not found`);
}

/** Without a status in it, tags count by the digests that they point at. */
function streamOfFile(file: string, lines: readonly string[] | undefined): ImageStream {
  if (lines === undefined) return refuse(`open ${file}: no such file or directory`);
  const stream = parseYaml(lines.join('\n')) as ImageStream | null;
  if (stream?.kind !== 'ImageStream' || stream.apiVersion !== 'image.openshift.io/v1')
    return refuse('unrecognized input in --from-image-stream-file, must be an ImageStream in image.openshift.io/v1');
  return stream;
}

async function push(to: string, image: ImageContent, { client, registry, print }: OcContext): Promise<void> {
  const reference = parseImageReference(to);
  if (reference === undefined || reference.tag === '') return refuse(`--to-image is not a valid image reference with a tag: ${to}`);
  if (!registry.is(reference.registry)) return print(`sandbox: ${to} is not in the local registry, nothing was sent`);
  const digest = await pushImage(registry.host, registryPath(reference), reference.tag, image);
  await recordImagePush(client, { namespace: reference.namespace, stream: reference.name, tag: reference.tag, image: digest });
  print(`${digest} ${to}`);
}

function metadataOf(text: string): Record<string, unknown> | undefined {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return refuse(`invalid --metadata: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Go's parser takes no leading `v` and no blanks. */
const strictVersion = (text: string) => (parseVersion(text)?.raw === text && /^\d/.test(text) ? text : undefined);

function refuse(message: string): never {
  throw new CommandError(`error: ${message}`);
}
