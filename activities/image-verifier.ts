import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import pLimit from 'p-limit';
import { extract } from 'tar-stream';
import { isImageDigest } from '../domain/audit/digest.ts';
import {
  imageParts,
  imageReferencesFile,
  type Descriptor,
  releaseContents,
  type ImageReport,
  type ReleaseContents,
} from '../domain/audit/image-content.ts';
import { parseImageReference } from '../domain/payload/image-reference.ts';
import { contentReader, Tampered, type ContentReader } from './registry-content.ts';
import { Unreachable } from './registry-requests.ts';

const imagesAtOnce = 4;
const longestReferences = 16 * 1024 * 1024;

const nothing: ImageReport = { name: '', created: '', images: 0, tampered: [], unreachable: [] };

/** A check of one image: fails when the image is not what its digest says. */
type Check = (repository: string, digest: string) => Promise<void>;

/**
 * Fetches a release image and every image that it names from their registries, and checks manifests, configurations and
 * layers against their digests. Reads only, so safe to repeat.
 *
 * @param pullSpec `repository@digest`
 * @returns what is wrong with components; the release image itself is read first
 * @throws Unreachable when the release image can not be fetched, so that nothing is known
 */
export async function verifyImages(pullSpec: string, reader: ContentReader = contentReader()): Promise<ImageReport> {
  const checks = imageCheck(reader);
  const { repository, digest } = byDigest(pullSpec);
  let contents: ReleaseContents;
  try {
    await checks(repository, digest);
    contents = await readContents(reader, repository, digest);
  } catch (error) {
    if (error instanceof Tampered) return { ...nothing, images: 1, tampered: [{ image: 'release', why: error.message }] };
    throw error;
  }
  const { components, ...said } = contents;
  const report: ImageReport = { ...nothing, ...said, images: components.length + 1, tampered: [], unreachable: [] };
  const limit = pLimit(imagesAtOnce);
  await Promise.all(
    components.map(({ name, pullSpec: component }) =>
      limit(async () => {
        try {
          const reference = byDigest(component);
          await checks(reference.repository, reference.digest);
        } catch (error) {
          if (error instanceof Tampered) report.tampered.push({ image: name, why: error.message });
          else if (error instanceof Unreachable) report.unreachable.push({ image: name, why: error.message });
          else throw error;
        }
      }),
    ),
  );
  const byName = (a: { image: string }, b: { image: string }) => (a.image < b.image ? -1 : 1);
  return { ...report, tampered: report.tampered.toSorted(byName), unreachable: report.unreachable.toSorted(byName) };
}

/** A component by tag is as bad as a wrong one: it may be another image for everybody who looks. */
function byDigest(pullSpec: string): { repository: string; digest: string } {
  const { repository = '', digest = '' } = parseImageReference(pullSpec) ?? {};
  if (!isImageDigest(digest)) throw new Tampered(`${pullSpec} names no image by its sha256 digest`);
  return { repository, digest };
}

/** What images share in one repository is fetched once. */
function imageCheck(reader: ContentReader): Check {
  const begun = new Map<string, Promise<void>>();
  const once = (key: string, work: () => Promise<void>) => {
    const known = begun.get(key) ?? work();
    begun.set(key, known);
    return known;
  };
  const check: Check = (repository, digest) =>
    once(`${repository} ${digest}`, async () => {
      const parts = imageParts(await reader.manifest(repository, digest));
      if (parts === undefined) throw new Tampered(`${digest} is no image manifest`);
      for (const image of parts.images) await check(repository, image.digest);
      for (const blob of [...(parts.config === undefined ? [] : [parts.config]), ...parts.layers])
        await once(`${repository} ${blob.digest}`, () => reader.blob(repository, blob.digest, blob.size));
    });
  return check;
}

/** The list of components stands in the newest layer that has one; of an image for several platforms, in each the same. */
async function readContents(reader: ContentReader, repository: string, digest: string): Promise<ReleaseContents> {
  const { images, layers } = imageParts(await reader.manifest(repository, digest)) ?? { images: [], layers: [] };
  const [first] = images;
  if (first !== undefined) return readContents(reader, repository, first.digest);
  for (const layer of layers.toReversed()) {
    const text = await fileIn(reader, repository, layer, imageReferencesFile);
    const contents = text === undefined ? undefined : releaseContents(text);
    if (contents !== undefined) return contents;
    if (text !== undefined) throw new Tampered(`${imageReferencesFile} is no list of images`);
  }
  throw new Tampered(`the image has no ${imageReferencesFile}: it is no release image`);
}

async function fileIn(
  reader: ContentReader,
  repository: string,
  { digest, size, mediaType = '' }: Descriptor,
  path: string,
): Promise<string | undefined> {
  let found: string | undefined;
  await reader.blob(repository, digest, size, async (content) => {
    const archive: Readable = /gzip|rootfs\.diff\.tar$/.test(mediaType) || mediaType === '' ? content.pipe(createGunzip()) : content;
    if (archive !== content) content.on('error', (error) => archive.destroy(error));
    found = await entryOf(archive, path);
  });
  return found;
}

/** Reads one file of a tar archive. */
async function entryOf(archive: Readable, path: string): Promise<string | undefined> {
  const entries = archive.pipe(extract());
  archive.on('error', (error) => entries.destroy(error));
  let found: string | undefined;
  for await (const entry of entries) {
    if (entry.header.name.replace(/^\.\//, '') !== path) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of entry) {
      length += (chunk as Buffer).length;
      if (length > longestReferences) throw new Tampered(`${path} has more than ${longestReferences} bytes`);
      chunks.push(chunk as Buffer);
    }
    found = Buffer.concat(chunks).toString('utf8');
  }
  return found;
}
