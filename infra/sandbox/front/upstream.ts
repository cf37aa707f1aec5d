import http from 'node:http';
import https from 'node:https';
import { clusterAccess } from '../../../activities/kubernetes/cluster-access.ts';

/** The real API server, as the front speaks to it for a caller: with the caller's headers, so with the caller's rights. */
export interface Upstream {
  request(method: string, path: string, headers: http.IncomingHttpHeaders): http.ClientRequest;
  /** a whole answer, for what the front changes or asks by itself */
  ask(method: string, path: string, headers: http.IncomingHttpHeaders, body?: string): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** @param kubeconfig path of a kubeconfig whose current cluster is the API server; its user is not used here */
export function upstreamOf(kubeconfig: string): Upstream {
  const { server, authority } = clusterAccess(kubeconfig);
  const secure = server.protocol === 'https:';
  // Watches hold their connection for minutes, so their number is not limited.
  const agent = secure ? new https.Agent({ keepAlive: true, ca: authority }) : new http.Agent({ keepAlive: true });
  const upstream: Upstream = {
    request: (method, path, headers) =>
      (secure ? https : http).request(new URL(path, server), { method, headers: { ...headers, host: server.host }, agent }),
    ask: (method, path, headers, body) =>
      new Promise((resolve, reject) => {
        const request = upstream.request(
          method,
          path,
          body === undefined ? headers : { ...headers, 'content-length': `${Buffer.byteLength(body)}` },
        );
        request.on('error', reject).on('response', (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
          );
        });
        request.end(body);
      }),
  };
  return upstream;
}

const credentialHeaders = /^(authorization|impersonate-.*|user-agent)$/;

/** The headers that say who asks. */
export function credentialsOf(headers: http.IncomingHttpHeaders): http.IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => credentialHeaders.test(name)));
}
