import { buildImage, type Blob, type ImageContent } from './image.ts';

/** The registry refused, or did not answer. Worth repeating: a push that ran before is found and left as it is. */
export class PushFailed extends Error {
  override name = 'PushFailed';
}

const timeoutMs = 30_000;

/**
 * Pushes an image by the OCI distribution API (opencontainers/distribution-spec 1.1). What the registry has already
 * is not sent again.
 *
 * @param registry `host:port`; plain HTTP on loopback, HTTPS elsewhere
 * @param repository path in the registry, for example `demo/cli`
 * @returns the manifest's digest
 * @throws PushFailed (worth repeating) naming the request and the answer
 */
export async function pushImage(registry: string, repository: string, tag: string, content: ImageContent): Promise<string> {
  const { manifest, config, layer } = buildImage(content);
  const base = `${schemeOf(registry)}://${registry}/v2/${repository}`;
  await Promise.all([pushBlob(base, config), pushBlob(base, layer)]);
  await send('PUT', `${base}/manifests/${tag}`, [201], manifest.bytes, manifest.mediaType);
  return manifest.digest;
}

async function pushBlob(base: string, { digest, bytes }: Blob): Promise<void> {
  const known = await send('HEAD', `${base}/blobs/${digest}`, [200, 404]);
  if (known.status === 200) return;
  const upload = await send('POST', `${base}/blobs/uploads/`, [202]);
  const location = new URL(upload.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  await send('PUT', location.href, [201], bytes, 'application/octet-stream');
}

async function send(method: string, url: string, expected: number[], bytes?: Buffer, contentType = ''): Promise<Response> {
  const body = bytes === undefined ? {} : { body: new Uint8Array(bytes), headers: { 'content-type': contentType } };
  const response = await fetch(url, { method, ...body, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    throw new PushFailed(`${method} ${url}: ${causeOf(error)}`, { cause: error });
  });
  // reading the body to its end gives the connection back
  const text = method === 'HEAD' ? '' : await response.text();
  if (!expected.includes(response.status)) throw new PushFailed(`${method} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return response;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const schemeOf = (registry: string) => (/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(registry) ? 'http' : 'https');
