import { createServer } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { Registry } from '../images/registry.ts';
import { failure, replyOfError, send, type Reply } from './answers.ts';
import { importImages, type ImageStreamImport } from './image-stream-imports.ts';
import { isDiscovery, withImageStreamTags } from './discovery.ts';
import { imageStreamTags } from './image-stream-tags.ts';
import { mergePatch } from './merge-patch.ts';
import { tableOf, type ImageStreamTag } from './objects.ts';
import { pass } from './proxy.ts';
import { allowed } from './rights.ts';
import { credentialsOf, upstreamOf } from './upstream.ts';

export interface FrontOptions {
  /** path of a kubeconfig of the real API server; its user changes ImageStreams for callers that may */
  kubeconfig: string;
  /** 0 for any free one */
  port: number;
  /** PEM, the server's own: so clients trust both by one certificate */
  certificate: string;
  key: string;
  /** `host:port` of the local registry, whose images tell their labels */
  registry?: string;
}

const played =
  /^\/apis\/image\.openshift\.io\/v1(?:\/namespaces\/([^/]+))?\/(imagestreamtags|imagestreamimages|imagestreamimports)(?:\/([^/]+))?$/;
const verbs: Record<string, string> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/**
 * A front to the API server: everything passes through it, and `imagestreamtags`, `imagestreamimages` (whose names no custom
 * resource may have) and `imagestreamimports` (which are not stored) it serves itself as OpenShift does (docs/sandbox.md).
 */
export async function startFront({
  kubeconfig,
  port,
  certificate,
  key,
  registry,
}: FrontOptions): Promise<{ port: number; stop: () => Promise<void> }> {
  const upstream = upstreamOf(kubeconfig);
  const client = KubernetesClient.connect(kubeconfig);
  const tags = imageStreamTags(client, registry === undefined ? undefined : new Registry(registry));

  async function answer(request: IncomingMessage, url: URL, match: RegExpExecArray): Promise<Reply> {
    const [, inNamespace, resource = '', encodedName] = match;
    const [namespace, name] = [inNamespace, encodedName].map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
    const method = request.method ?? 'GET';
    if (resource === 'imagestreamimports' && method === 'POST' && name === undefined) return importNow(request, namespace);
    const verb = method === 'GET' && name === undefined ? 'list' : verbs[method];
    const serves =
      resource === 'imagestreamtags'
        ? verb !== undefined && (verb === 'list') === (name === undefined)
        : resource === 'imagestreamimages' && verb === 'get';
    if (!serves || verb === undefined || url.searchParams.has('watch'))
      return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    const refusal = await allowed(upstream, credentialsOf(request.headers), { verb, resource, namespace, name });
    if (refusal !== undefined) return refusal;

    const labelSelector = url.searchParams.get('labelSelector');
    const wanted = { namespace, name, ...(labelSelector === null ? {} : { labelSelector }) };
    if (resource === 'imagestreamimages') return tags.image(wanted);
    const asTable = request.headers.accept?.includes('as=Table') === true;
    if (verb === 'list') {
      const { tags: found, reply } = await tags.list(wanted);
      return asTable ? { status: 200, body: tableOf(found) } : reply;
    }
    if (verb === 'get') {
      const reply = await tags.get(wanted);
      return asTable && reply.status === 200 ? { status: 200, body: tableOf([reply.body as ImageStreamTag]) } : reply;
    }
    return change(request, verb, wanted);
  }

  async function importNow(request: IncomingMessage, namespace: string | undefined): Promise<Reply> {
    const refusal = await allowed(upstream, credentialsOf(request.headers), {
      verb: 'create',
      resource: 'imagestreamimports',
      namespace,
      name: undefined,
    });
    if (refusal !== undefined) return refusal;
    const body = parse(await bodyOf(request));
    if (body === undefined) return failure(400, 'BadRequest', 'the body is no JSON');
    return importImages(client, namespace, body as ImageStreamImport);
  }

  async function change(
    request: IncomingMessage,
    verb: string,
    wanted: { namespace: string | undefined; name: string | undefined },
  ): Promise<Reply> {
    const body = parse(await bodyOf(request));
    if (body === undefined) return failure(400, 'BadRequest', 'the body is no JSON');
    if (verb === 'delete') return tags.remove(wanted, (body as { preconditions?: { uid?: string } }).preconditions?.uid);
    if (verb === 'update') return tags.update(wanted, () => body as ImageStreamTag);
    const type = request.headers['content-type'] ?? '';
    if (!type.startsWith('application/merge-patch+json'))
      return failure(415, 'UnsupportedMediaType', `the sandbox patches imagestreamtags by application/merge-patch+json, not by ${type}`);
    return tags.update(wanted, (current) => {
      const { resourceVersion: _, ...metadata } = current.metadata;
      return mergePatch({ ...current, metadata }, body) as ImageStreamTag;
    });
  }

  async function discover(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { 'accept-encoding': _, 'if-none-match': __, ...headers } = request.headers;
    const { status, headers: said, text } = await upstream.ask('GET', request.url ?? '', headers);
    const document = parse(text);
    const { 'content-length': ___, etag: ____, 'transfer-encoding': _____, ...kept } = said;
    const changed = status === 200 && typeof document === 'object' ? JSON.stringify(withImageStreamTags(document as object)) : text;
    response.writeHead(status, { ...kept, 'content-length': Buffer.byteLength(changed) }).end(changed);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://front');
    const refuse = (error: unknown) => send(response, replyOfError(error));
    const match = played.exec(url.pathname);
    if (match !== null) answer(request, url, match).then((reply) => send(response, reply), refuse);
    else if (request.method === 'GET' && isDiscovery(url.pathname)) discover(request, response).catch(refuse);
    else pass(upstream, request, response);
  }

  const server = createServer({ cert: certificate, key }, handle);
  // Watches and slow answers may take as long as they take.
  Object.assign(server, { requestTimeout: 0, keepAliveTimeout: 90_000 });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8') || '{}';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
