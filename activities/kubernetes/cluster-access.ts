import { existsSync, readFileSync } from 'node:fs';
import type https from 'node:https';
import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type * as library from '@kubernetes/client-node';
import { parse } from 'yaml';
import { z } from 'zod';

/** Where a cluster is, and how it knows us. */
export interface ClusterAccess {
  server: URL;
  /** of the server's certificate; one of the system's where absent */
  authority: Buffer | undefined;
  /** TLS options and headers of one request */
  signIn: () => Promise<https.RequestOptions>;
}

/**
 * Finds a kubeconfig as kubectl does: the given file, else KUBECONFIG, else ~/.kube/config, else the service account of the Pod
 * (kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig). Certificates and tokens are read here. For anything else,
 * such as plugins that sign in, @kubernetes/client-node is loaded (docs/decisions/0001-kubernetes-transport.md).
 *
 * @param kubeconfig path
 * @param pod folder of the service account
 * @throws when it can not be read, or names no current cluster
 */
export function clusterAccess(kubeconfig?: string, env: NodeJS.ProcessEnv = process.env, pod = serviceAccount): ClusterAccess {
  const path = kubeconfig ?? (env['KUBECONFIG'] || join(env['HOME'] ?? homedir(), '.kube', 'config'));
  if (existsSync(path)) return ofFile(path) ?? ofLibrary(path);
  // A list of files is merged by the library, which also says what is wrong with a file that is not there.
  return (kubeconfig === undefined && !env['KUBECONFIG'] ? ofPod(env, pod) : undefined) ?? ofLibrary(kubeconfig);
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Tokens of Pods are renewed long before they end. */
const tokenFreshMs = 60_000;

const named = <Key extends string, Value extends z.ZodType>(key: Key, value: Value) =>
  z.array(z.looseObject({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<Key, Value>));

const Kubeconfig = z.looseObject({
  'current-context': z.string(),
  contexts: named('context', z.looseObject({ cluster: z.string(), user: z.string() })),
  clusters: named('cluster', z.unknown()),
  users: named('user', z.unknown()),
});

/** What is read here; whatever else one has makes it the library's work. */
const Cluster = z.strictObject({
  server: z.url(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
});
const User = z.strictObject({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
});

function ofFile(path: string): ClusterAccess | undefined {
  const config = Kubeconfig.safeParse(parseYaml(readFileSync(path, 'utf8'))).data;
  const context = config?.contexts.find(({ name }) => name === config['current-context'])?.context;
  const cluster = Cluster.safeParse(config?.clusters.find(({ name }) => name === context?.cluster)?.cluster).data;
  const user = User.safeParse(config?.users.find(({ name }) => name === context?.user)?.user).data;
  if (cluster === undefined || user === undefined) return undefined;
  const content = (data: string | undefined, file: string | undefined) => contentOf(data, file && resolve(dirname(path), file));
  const authority = content(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const options = given({
    ca: authority,
    cert: content(user['client-certificate-data'], user['client-certificate']),
    key: content(user['client-key-data'], user['client-key']),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] === true ? false : undefined,
    servername: cluster['tls-server-name'],
  });
  return { server: new URL(cluster.server), authority, signIn: async () => ({ ...options, headers: bearer(user.token) }) };
}

function ofPod(
  { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }: NodeJS.ProcessEnv,
  folder: string,
): ClusterAccess | undefined {
  const tokenFile = join(folder, 'token');
  if (host === undefined || port === undefined || !existsSync(tokenFile)) return undefined;
  let [token, readAt] = ['', -Infinity];
  const authority = readFileSync(join(folder, 'ca.crt'));
  const signIn = async () => {
    if (performance.now() - readAt > tokenFreshMs) [token, readAt] = [readFileSync(tokenFile, 'utf8').trim(), performance.now()];
    return { ca: authority, headers: bearer(token) };
  };
  return { server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`), authority, signIn };
}

/** The library is loaded where it is needed only. */
function ofLibrary(path: string | undefined): ClusterAccess {
  const { KubeConfig } = createRequire(import.meta.url)('@kubernetes/client-node') as typeof library;
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`the kubeconfig ${path ?? '(default)'} names no current cluster`);
  const signIn = async () => {
    const request: https.RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(request);
    return request;
  };
  return { server: new URL(cluster.server), authority: contentOf(cluster.caData, cluster.caFile), signIn };
}

const contentOf = (data: string | undefined, file: string | undefined) =>
  data !== undefined ? Buffer.from(data, 'base64') : file === undefined ? undefined : readFileSync(file);

const bearer = (token: string | undefined): Record<string, string> => (token === undefined ? {} : { Authorization: `Bearer ${token}` });

const given = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

/** What is no YAML is for the library to complain about. */
function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
