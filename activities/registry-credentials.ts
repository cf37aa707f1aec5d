import { readFile } from 'node:fs/promises';
import { credentialsFor, type RegistryCredentials } from '../domain/payload/docker-credentials.ts';
import type { KubernetesClient, KubernetesObject } from './kubernetes/client.ts';
import { secrets } from './kubernetes/resources.ts';

/** They can not be had until somebody mends what is configured. Names the place, and quotes nothing of what is in it. */
export class CredentialsUnusable extends Error {
  override name = 'CredentialsUnusable';
}

/** Where the credentials for registries are kept: docker configurations, of which the first wins that has an entry for a repository. */
export interface CredentialSource {
  /** for messages: the place, and the setting that names it */
  named: string;
  /**
   * Read anew at each call, so that changed credentials hold at once.
   *
   * @param repository `host[:port]/path`
   * @throws CredentialsUnusable, or what the cluster client throws when the API server does not answer
   */
  of(repository: string): Promise<RegistryCredentials | undefined>;
}

type SecretReader = Pick<KubernetesClient, 'get'>;

/** What the settings `registryCredentials` say; undefined where they name nothing. */
export function registryCredentials(
  { file, secret }: { file?: string | undefined; secret?: string | undefined },
  cluster: SecretReader,
): CredentialSource | undefined {
  const sources = [
    ...(file === undefined ? [] : [credentialFile(file, 'WAYBILL_REGISTRY_CREDENTIALS_FILE')]),
    ...(secret === undefined ? [] : [credentialSecret(cluster, secret, 'WAYBILL_REGISTRY_CREDENTIALS_SECRET')]),
  ];
  if (sources.length === 0) return undefined;
  return {
    named: sources.map(({ named }) => named).join(' and '),
    async of(repository) {
      for (const source of sources) {
        const found = await source.of(repository);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** A docker `config.json`, such as a mounted pull secret. */
export function credentialFile(path: string, setting: string): CredentialSource {
  return source(`${path} (${setting})`, (unusable) =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unusable(error.code === 'ENOENT' ? 'there is no such file' : `it can not be read (${error.code})`);
    }),
  );
}

/** @param place `namespace/name` of a Secret with a docker configuration in `.dockerconfigjson` or `config.json` */
export function credentialSecret(cluster: SecretReader, place: string, setting: string): CredentialSource {
  const [namespace = '', name = ''] = place.split('/');
  return source(`Secret ${place} (${setting})`, async (unusable) => {
    const secret = await cluster.get<KubernetesObject & { data?: Record<string, string> }>(secrets, namespace, name);
    const stored = secret?.data?.['config.json'] ?? secret?.data?.['.dockerconfigjson'];
    if (stored !== undefined) return Buffer.from(stored, 'base64').toString('utf8');
    throw unusable(secret === undefined ? 'there is no such Secret' : 'it has neither a key config.json nor a key .dockerconfigjson');
  });
}

function source(named: string, read: (unusable: (why: string) => CredentialsUnusable) => Promise<string>): CredentialSource {
  const unusable = (why: string) => new CredentialsUnusable(`registry credentials ${named}: ${why}`);
  return {
    named,
    async of(repository) {
      const text = await read(unusable);
      try {
        return credentialsFor(text, repository);
      } catch (error) {
        throw unusable((error as Error).message);
      }
    },
  };
}
