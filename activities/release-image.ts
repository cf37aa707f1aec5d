import { createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { z } from 'zod';
import { anonymous, Registries, Unreachable } from './registry-requests.ts';
import { manifestTypes } from './registry.ts';
import { tarEntry } from './tar-entry.ts';

const Manifest = z.object({
  layers: z.array(z.object({ digest: z.string(), mediaType: z.string().default('') })).default([]),
  manifests: z
    .array(z.object({ digest: z.string(), platform: z.object({ os: z.string(), architecture: z.string() }).optional() }))
    .default([]),
});
const Metadata = z.object({ previous: z.array(z.string()).nullish() });

const metadataPath = 'release-manifests/release-metadata';
const timeoutMs = 30_000;

/**
 * The versions that may be upgraded to a release, as its image has them in `metadata.previous` (openshift/oc,
 * pkg/cli/admin/release). Of a manifest list the amd64 image is read. A layer is read only as far as the file, from
 * the last layer on, which is the small one that the release was put into. Reads only, so safe to repeat.
 *
 * @param repository `host[:port]/path`
 * @throws Error (retried by the caller's next look) when the registry does not answer, or the image is no release
 */
export async function previousVersions(repository: string, digest: string, registries: Registries = anonymous): Promise<string[]> {
  const read = reader(repository, registries);
  let manifest = Manifest.parse(await (await read(`manifests/${digest}`)).json());
  const child = manifest.manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  if (child !== undefined) manifest = Manifest.parse(await (await read(`manifests/${child.digest}`)).json());
  for (const layer of manifest.layers.toReversed()) {
    const response = await read(`blobs/${layer.digest}`);
    if (response.body === null) continue;
    const body = Readable.fromWeb(response.body as never);
    // ended from either side the other one ends too: an early find stops the download
    const archive = layer.mediaType.endsWith('tar') ? body : pipeline(body, createGunzip(), () => undefined);
    const text = await tarEntry(archive, metadataPath);
    if (text !== undefined) return Metadata.parse(JSON.parse(text)).previous ?? [];
  }
  throw new Error(`${repository}@${digest} is no release image: none of its layers has ${metadataPath}`);
}

function reader(repository: string, registries: Registries): (path: string) => Promise<Response> {
  return async (what) => {
    const url = `${Registries.addressOf(repository)}/${what}`;
    const response = await registries.send(repository, url, { headers: { accept: manifestTypes }, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Unreachable(`GET ${url}: ${response.status}`);
    return response;
  };
}
