import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageStream, NamedTagEventList, TagReference } from '../../../domain/payload/kinds.ts';
import { CommandError } from './command-flags.ts';

/** One image of a release. */
export interface Component {
  name: string;
  /** by digest */
  image: string;
  annotations?: Record<string, string>;
}

/**
 * The images that `oc adm release new` takes from an ImageStream, with the pull specs it gives them, by name
 * (openshift/oc, pkg/cli/admin/release/new.go, resolveImageStreamTagsToReferenceMode).
 *
 * @param referenceMode `public` (also when empty): as the stream's public repository has them; `source`: where they came from
 * @throws CommandError for what oc refuses: an unknown mode, no public repository, a tag that is not imported, no images
 */
export function releaseInputs(stream: ImageStream, referenceMode: string, exclude: ReadonlySet<string>): Component[] {
  if (!['', 'public', 'source'].includes(referenceMode))
    throw new CommandError('error: supported reference modes are: "public" (default) and "source"');
  const location = locator(stream, referenceMode !== 'source');
  const pinned = (stream.spec?.tags ?? [])
    .filter(({ name }) => !exclude.has(name))
    .flatMap((tag) => pinnedComponent(stream, tag, location));
  const covered = new Set(pinned.map(({ name }) => name));
  const imported = (stream.status?.tags ?? [])
    .filter(({ tag }) => !exclude.has(tag) && !covered.has(tag))
    .flatMap((tag) => importedComponent(tag, location));
  const components = [...pinned, ...imported].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (components.length === 0) throw new CommandError('error: no component images defined, unable to build a release payload');
  return components;
}

type Locator = (source: string, image: string) => string;

function locator({ status }: ImageStream, forceExternal: boolean): Locator {
  const internal = status?.dockerImageRepository ?? '';
  const external = status?.publicDockerImageRepository ?? '';
  if (forceExternal && external === '') {
    throw new CommandError(
      'error: only image streams or releases with public image repositories can be the source for releases when using the default --reference-mode',
    );
  }
  return (source, image) => {
    const usable = internal !== '' && source.startsWith(internal) ? '' : source;
    return (forceExternal || usable === '') && external !== '' ? `${external}@${image}` : usable;
  };
}

/** A spec tag counts only while its stream has not recorded it: then its own digest must do. */
function pinnedComponent(stream: ImageStream, { name, from, generation, annotations }: TagReference, location: Locator): Component[] {
  const recorded = stream.status?.tags?.find(({ tag }) => tag === name);
  const newest = recorded?.items?.[0];
  if (generation != null && newest !== undefined) {
    if (generation > newest.generation) throw notImported(name);
    return [];
  }
  if (from?.kind !== 'DockerImage') return [];
  const reference = parseImageReference(from.name);
  if (reference === undefined) throw new CommandError(`error: invalid reference format: ${from.name}`);
  const image = reference.digest === '' ? '' : location(from.name, reference.digest);
  return image === '' ? [] : [{ name, image, ...(annotations == null ? {} : { annotations }) }];
}

function importedComponent({ tag, items, conditions }: NamedTagEventList, location: Locator): Component[] {
  const newest = items?.[0];
  if (newest === undefined) {
    if (conditions?.some(({ type, status }) => type === 'ImportSuccess' && status !== 'True') === true) throw notImported(tag);
    return [];
  }
  const source = newest.image === '' ? '' : location(newest.dockerImageReference, newest.image);
  if (source === '') return [];
  const reference = parseImageReference(source);
  if (reference === undefined) throw new CommandError(`error: the tag "${tag}" points to source "${source}" which is not valid`);
  return [{ name: tag, image: `${reference.repository}@${newest.image}` }];
}

const notImported = (tag: string) => new CommandError(`error: the tag "${tag}" in the source input stream has not been imported yet`);
