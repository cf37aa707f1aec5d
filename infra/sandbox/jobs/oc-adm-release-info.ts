import { verifyImages } from '../../../activities/image-verifier.ts';
import { contentReader } from '../../../activities/registry-content.ts';
import { Registries, Unreachable } from '../../../activities/registry-requests.ts';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { Registry } from '../images/registry.ts';
import { internalRegistry, registryPath } from '../images/stream-names.ts';
import { CommandError, parseFlags } from './command-flags.ts';
import type { OcContext } from './oc.ts';

const flagKinds = {
  verify: 'boolean',
  'registry-config': 'string',
  insecure: 'boolean',
  'max-per-registry': 'string',
  'filter-by-os': 'string',
} as const;

/**
 * `oc adm release info --verify IMAGE`: really fetches the release image and what it names from the local registry, and
 * compares everything with its digests. As with oc, a component that can not be fetched is no failure.
 *
 * @throws CommandError for what oc refuses
 */
export async function ocAdmReleaseInfo(words: readonly string[], { registry, print }: OcContext): Promise<void> {
  const flags = parseFlags(words, flagKinds);
  const [image, ...more] = flags.args;
  if (!flags.boolean('verify')) throw new CommandError('error: the sandbox plays only --verify of oc adm release info');
  if (image === undefined || more.length > 0)
    throw new CommandError('error: info expects at least one argument, a release image pull spec');
  const pullSpec = await byDigest(image, registry);
  const report = await verifyImages(pullSpec, contentReader(new Registries({ fetching: localOnly(registry) }))).catch((error: unknown) => {
    throw error instanceof Unreachable ? new CommandError(`error: unable to read image ${image}: ${error.message}`) : error;
  });
  if (report.tampered.length > 0)
    throw new CommandError('error: the release image failed content verification and may have been tampered with');
  print(`${pullSpec.slice(pullSpec.indexOf('@') + 1)} ${report.created} ${report.name}`);
}

async function byDigest(image: string, registry: Registry): Promise<string> {
  const reference = parseImageReference(image);
  if (reference === undefined) throw new CommandError(`error: "${image}" is not a valid image reference`);
  if (reference.digest !== '') return `${reference.repository}@${reference.digest}`;
  const digest = registry.is(reference.registry) ? await registry.head(registryPath(reference), reference.tag || 'latest') : undefined;
  if (digest === undefined) throw new CommandError(`error: unable to read image ${image}: manifest unknown`);
  return `${reference.repository}@${digest}`;
}

/** Other registries are as good as unreachable. */
function localOnly(registry: Registry): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.host === internalRegistry) return fetch(`http://${registry.host}${url.pathname}`, init);
    if (registry.is(url.host)) return fetch(url, init);
    throw new Error('the sandbox only reads the local registry');
  };
}
