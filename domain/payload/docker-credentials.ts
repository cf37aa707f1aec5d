import { z } from 'zod';
import { fullRepository, registryName } from './docker-hub.ts';

const Entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  registrytoken: z.string().optional(),
  identitytoken: z.string().optional(),
});
const Config = z.object({ auths: z.record(z.string(), Entry).default({}) });

/**
 * `identityToken` is what a registry gave in place of a password (`docker login` of Azure and others): its token server gives
 * tokens for it, as OAuth 2 does for a refresh token.
 */
export type RegistryCredentials = { username: string; password: string } | { token: string } | { identityToken: string };

/**
 * Who we are to a registry, from a docker `config.json`: the entry of the longest path that the repository begins with, as
 * other tools choose it.
 *
 * @param repository `host[:port]/path`
 * @returns undefined when there is no entry: then nobody in particular
 * @throws Error when the text is no such configuration; it quotes nothing of it
 */
export function credentialsFor(text: string, repository: string): RegistryCredentials | undefined {
  const parsed = Config.safeParse(parsedJson(text));
  if (!parsed.success) throw new Error('it is no docker configuration: expected JSON with "auths"');
  const entries = Object.entries(parsed.data.auths).map(([key, entry]) => [placeOf(key), entry] as const);
  const full = fullRepository(repository);
  const fitting = entries.filter(([place]) => full === place || full.startsWith(`${place}/`));
  const [, entry] = fitting.toSorted(([a], [b]) => b.length - a.length)[0] ?? [];
  return entry === undefined ? undefined : credentialsOf(entry);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `https://quay.io/v2/` -> `quay.io`, `https://index.docker.io/v1/` -> `docker.io` */
function placeOf(key: string): string {
  const place = key.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '');
  const [host = '', ...path] = place.split('/');
  return [registryName(host), ...path].join('/');
}

function credentialsOf({
  auth,
  username,
  password,
  registrytoken,
  identitytoken,
}: z.output<typeof Entry>): RegistryCredentials | undefined {
  if (registrytoken) return { token: registrytoken };
  if (identitytoken) return { identityToken: identitytoken };
  if (username !== undefined && password !== undefined) return { username, password };
  const [, name, secret] = /^([^:]*):(.*)$/s.exec(auth === undefined ? '' : decoded(auth)) ?? [];
  return name === undefined || secret === undefined ? undefined : { username: name, password: secret };
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0));
  } catch {
    return '';
  }
}
