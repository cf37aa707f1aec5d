/**
 * Where signatures are kept, which is where clients ask for them: `<digest>/signature-<n>`, n from 1 upward until one
 * is missing (openshift/release-controller, cmd/release-controller/audit_backend_gcs.go; openshift/library-go, pkg/verify/store).
 */
const root = 'signatures/openshift/release';

/** The folder of all signatures, with a slash at the end. */
export const signaturesFolder = `${root}/`;

/** Clients look no further than this, so a signature with a higher number is never read. */
export const highestIndex = 9;

/** The folder of all signatures of one image, with a slash at the end. `digest` is `sha256:<hex>`. */
export function signatureFolder(digest: string): string {
  return `${root}/${digest.replace(':', '=')}/`;
}

export function signaturePath(digest: string, index: number): string {
  return `${signatureFolder(digest)}signature-${index}`;
}

/** @returns the signature's number, or undefined when the path is not one of a signature of this image */
export function signatureIndex(digest: string, path: string): number | undefined {
  const folder = signatureFolder(digest);
  const name = path.startsWith(folder) ? path.slice(folder.length) : '';
  const index = /^signature-([1-9]\d{0,8})$/.exec(name)?.[1];
  return index === undefined ? undefined : Number(index);
}

/**
 * The first free number. The lowest one, since a gap hides every signature behind it.
 *
 * @returns undefined when clients would not find another signature of this image
 */
export function freeIndex(taken: readonly number[]): number | undefined {
  for (let index = 1; index <= highestIndex; index += 1) if (!taken.includes(index)) return index;
  return undefined;
}

/** The images that have a signature which clients find, among the paths of all signatures. */
export function signedDigests(paths: readonly string[]): Set<string> {
  const found = paths.map((path) => new RegExp(`^${root}/sha256=([0-9a-f]{64})/signature-1$`).exec(path)?.[1]);
  return new Set(found.flatMap((hex) => (hex === undefined ? [] : [`sha256:${hex}`])));
}

/** The numbers that clients come to: from 1 upward, until one is missing. */
export function foundByClients(taken: readonly number[]): number[] {
  const end = freeIndex(taken) ?? highestIndex + 1;
  return Array.from({ length: end - 1 }, (_, index) => index + 1);
}
