import { z } from 'zod';

/** Something that a manifest names by its digest. */
const descriptor = z.object({
  digest: z.string(),
  size: z.number().optional(),
  mediaType: z.string().optional(),
});
export type Descriptor = z.output<typeof descriptor>;

const manifest = z.object({
  config: descriptor.optional(),
  layers: z.array(descriptor).optional(),
  manifests: z.array(descriptor).optional(),
});

/** What an image consists of (opencontainers/image-spec 1.1, manifest.md and image-index.md; Docker's schema 2 alike). */
export interface ImageParts {
  config?: Descriptor;
  /** lowest first */
  layers: Descriptor[];
  /** of an image for several platforms: one image each */
  images: Descriptor[];
}

/** @returns undefined for a text that is no manifest */
export function imageParts(text: string): ImageParts | undefined {
  const parsed = manifest.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { config, layers = [], manifests = [] } = parsed.data;
  if (config === undefined && layers.length === 0 && manifests.length === 0) return undefined;
  return { ...(config === undefined ? {} : { config }), layers, images: manifests };
}

/** Where the list of components stands in a release image. */
export const imageReferencesFile = 'release-manifests/image-references';

const imageReferences = z.object({
  metadata: z.object({ name: z.string().default(''), creationTimestamp: z.string().nullish() }).default({ name: '' }),
  spec: z.object({
    tags: z.array(z.object({ name: z.string(), from: z.object({ kind: z.string(), name: z.string() }).optional() })).default([]),
  }),
});

export interface Component {
  name: string;
  /** `repository@digest`, where all is well */
  pullSpec: string;
}

/** What a release image says of itself. */
export interface ReleaseContents {
  name: string;
  /** RFC 3339; empty where it does not say */
  created: string;
  components: Component[];
}

/** @returns undefined for a text that is no list of components */
export function releaseContents(text: string): ReleaseContents | undefined {
  const parsed = imageReferences.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { metadata, spec } = parsed.data;
  const components = spec.tags.flatMap(({ name, from }) => (from?.kind === 'DockerImage' ? [{ name, pullSpec: from.name }] : []));
  return { name: metadata.name, created: metadata.creationTimestamp ?? '', components };
}

/** One image of a release that does not hold what it should, or could not be looked at. */
export interface ImageProblem {
  /** the component's name; `release` for the release image itself */
  image: string;
  why: string;
}

export interface ImageReport {
  /** of the release; empty where its image can not be read */
  name: string;
  created: string;
  /** images that were looked at, the release image included */
  images: number;
  /** whose content is not what its digest says */
  tampered: ImageProblem[];
  /** that could not be fetched: they are not verified */
  unreachable: ImageProblem[];
}

export type ContentVerdict = { result: 'verified' } | { result: 'failed' | 'unverified'; why: string };

const mostNamed = 5;

/** Unlike `oc`, for which a component that it can not fetch is as good as any. */
export function contentVerdict({ tampered, unreachable }: Pick<ImageReport, 'tampered' | 'unreachable'>): ContentVerdict {
  if (tampered.length > 0) return { result: 'failed', why: `content verification failed: ${listed(tampered)}` };
  if (unreachable.length > 0) return { result: 'unverified', why: `not everything could be fetched: ${listed(unreachable)}` };
  return { result: 'verified' };
}

function listed(problems: readonly ImageProblem[]): string {
  const named = problems.slice(0, mostNamed).map(({ image, why }) => `${image}: ${why}`);
  const more = problems.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
