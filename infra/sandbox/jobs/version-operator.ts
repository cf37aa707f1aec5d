import { CommandError } from './command-flags.ts';
import type { OcContext } from './oc.ts';
import { readRelease } from './read-release.ts';

/**
 * `cluster-version-operator image NAME` in a container of a release image: the pull spec of one of its images
 * (openshift/cluster-version-operator, cmd/image.go).
 *
 * @throws CommandError for an image that the release does not have
 */
export async function versionOperatorImage(words: readonly string[], context: OcContext): Promise<void> {
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) throw new CommandError('error: expected one image name');
  const { components } = await readRelease(context.image, context);
  const found = components.find((component) => component.name === name);
  if (found === undefined) throw new CommandError(`error: image-references of ${context.image} does not have an image ${name}`);
  context.print(found.image);
}
