import type { RegistryCredentials } from '../domain/payload/docker-credentials.ts';

/** Of whoever may sign in with more than a token that is there already. */
export type SigningIn = Exclude<RegistryCredentials, { token: string }>;

/**
 * How a token server is asked: by name and password (distribution, docs/content/spec/auth/token.md), with an identity token (oauth.md
 * beside it), or as nobody in particular.
 *
 * @param realm address of the token server
 * @param wanted `scope`, and `service` where the registry names one
 */
export function tokenRequest(realm: string, wanted: Record<string, string>, credentials: SigningIn | undefined) {
  if (credentials !== undefined && 'identityToken' in credentials) {
    const grant = { grant_type: 'refresh_token', client_id: 'waybill', refresh_token: credentials.identityToken };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { url: realm, request: { method: 'POST', headers, body: new URLSearchParams({ ...wanted, ...grant }).toString() } };
  }
  const place = new URL(realm);
  for (const [key, value] of Object.entries(wanted)) place.searchParams.set(key, value);
  return { url: place.href, request: { headers: credentials === undefined ? {} : { authorization: basic(credentials) } } };
}

export const basic = ({ username, password }: { username: string; password: string }) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
