const sha256Digest = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is an image digest that clients look signatures up by: `sha256:` and 64 lower-case hexadecimal digits. */
export function isImageDigest(text: string): boolean {
  return sha256Digest.test(text);
}
