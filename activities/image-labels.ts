import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { parseImageReference } from '../domain/payload/image-reference.ts';
import { contentReader, Tampered, type ContentReader } from './registry-content.ts';
import { anonymous, type Registries } from './registry-requests.ts';

/** Not worth repeating: what the registry gave is no image that could be read. `Unreachable` is what is. */
export class MalformedImage extends Error {
  override name = 'MalformedImage';
}

/** The reader has more patience when left to itself. */
const timeoutMs = 10_000;

const descriptor = z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }).optional() });
const imageManifest = z.object({ manifests: z.array(descriptor).optional(), config: descriptor.optional() });
const imageConfig = z.object({ config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish() });

/**
 * Labels of an image's config; of an image for several platforms those of the one for amd64.
 *
 * @param pullSpec `host[:port]/repository@digest`
 * @throws Unreachable (worth repeating), MalformedImage (not)
 */
export async function imageLabels(pullSpec: string, registries: Registries = anonymous): Promise<Record<string, string>> {
  const reader = contentReader(registries, timeoutMs);
  const { registry = '', repository = '', digest = '' } = parseImageReference(pullSpec) ?? {};
  if (registry === '' || digest === '') throw new MalformedImage(`${JSON.stringify(pullSpec)} names no image of a registry by digest`);
  try {
    const named = parsed(digest, imageManifest, await reader.manifest(repository, digest));
    const single = named.manifests === undefined ? named : await amd64Of(reader, named.manifests, repository, digest);
    if (single.config === undefined) throw new MalformedImage(`the manifest ${digest} names no config`);
    let config = '';
    await reader.blob(repository, single.config.digest, undefined, async (content) => {
      config = await text(content);
    });
    return parsed(single.config.digest, imageConfig, config).config?.Labels ?? {};
  } catch (error) {
    if (error instanceof Tampered) throw new MalformedImage(error.message, { cause: error });
    throw error;
  }
}

async function amd64Of(
  reader: ContentReader,
  manifests: z.infer<typeof descriptor>[],
  repository: string,
  digest: string,
): Promise<z.infer<typeof imageManifest>> {
  const chosen = manifests.find(({ platform }) => platform?.architecture === 'amd64');
  if (chosen === undefined) throw new MalformedImage(`${digest} has no image for amd64`);
  return parsed(chosen.digest, imageManifest, await reader.manifest(repository, chosen.digest));
}

function parsed<T>(digest: string, shape: z.ZodType<T>, json: string): T {
  try {
    return shape.parse(JSON.parse(json));
  } catch (error) {
    const issues =
      error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') : String(error);
    throw new MalformedImage(`${digest}: ${issues}`, { cause: error });
  }
}
