import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ownerOnly = { mode: 0o600 };

/** Files that the API server and its clients trust each other by. Made once, kept in the state directory. */
export interface KubeCredentials {
  folder: string;
  /** bearer token of the group system:masters */
  token: string;
  tokenFile: string;
  /** signs and verifies service account tokens */
  serviceAccountKey: string;
  /** the server's own certificate, which it writes at its first start */
  certificate: string;
}

export function kubeCredentials(home: string): KubeCredentials {
  const folder = join(home, 'pki');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'tokens.csv');
  if (!existsSync(tokenFile)) writeFileSync(tokenFile, `${randomBytes(24).toString('hex')},admin,admin,"system:masters"\n`, ownerOnly);
  const serviceAccountKey = join(folder, 'service-accounts.key');
  if (!existsSync(serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(serviceAccountKey, privateKey.export({ type: 'pkcs1', format: 'pem' }), ownerOnly);
  }
  const token = readFileSync(tokenFile, 'utf8').split(',')[0] ?? '';
  return { folder, token, tokenFile, serviceAccountKey, certificate: join(folder, 'apiserver.crt') };
}

/** Writes a kubeconfig that stands alone: it may be copied anywhere. JSON is YAML, too. */
export function writeKubeconfig(path: string, server: string, { token, certificate }: KubeCredentials): void {
  const name = 'waybill-local';
  const authority = readFileSync(certificate).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, ownerOnly);
}
