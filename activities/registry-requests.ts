import type { RegistryCredentials } from '../domain/payload/docker-credentials.ts';
import { apiHost, fullRepository } from '../domain/payload/docker-hub.ts';
import { causeOf } from './failed-fetch.ts';
import { CredentialsUnusable, type CredentialSource } from './registry-credentials.ts';
import { basic, tokenRequest, type SigningIn } from './registry-tokens.ts';

/** The registry did not give what was asked for: it is away, refuses, or does not have it. Worth repeating. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

/** The registry does not let us: somebody has to give other credentials, or other rights. */
export class RegistryRefused extends Unreachable {
  override name = 'RegistryRefused';
}

export interface RegistryRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** ends the request; a request without one ends by itself after a while */
  signal?: AbortSignal;
}

interface Options {
  /** whom we may sign in as; nobody in particular without */
  credentials?: CredentialSource | undefined;
  /** what requests are made with */
  fetching?: typeof fetch;
  /** what tokens are asked for, as in `pull,push` */
  actions?: string;
}

const timeoutMs = 30_000;
/** Repositories that we stay signed in to. */
const remembered = 1_000;

const isLoopback = (host: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(host);

/**
 * Requests to registries (opencontainers/distribution-spec 1.1), signed in as each registry asks: by name and password, or for a token
 * (distribution, docs/content/spec/auth/token.md). First as nobody, since most may be read by everybody. Plain HTTP on
 * loopback, HTTPS elsewhere. Safe to share: what it remembers is given up as soon as a registry refuses it.
 */
export class Registries {
  readonly #credentials: CredentialSource | undefined;
  readonly #fetch: typeof fetch;
  readonly #actions: string;
  readonly #authorizations = new Map<string, string>();

  constructor({ credentials, fetching = fetch, actions = 'pull' }: Options = {}) {
    this.#credentials = credentials;
    this.#fetch = fetching;
    this.#actions = actions;
  }

  /** Where the API has a repository, as in `https://quay.io/v2/openshift/release`. */
  static addressOf(repository: string): string {
    const [host = '', ...path] = fullRepository(repository).split('/');
    return `${isLoopback(host) ? 'http' : 'https'}://${apiHost(host)}/v2/${path.join('/')}`;
  }

  /**
   * @param repository `host[:port]/path`
   * @param url of the repository, as `addressOf` begins it; or where the registry sends us on to, which is told nothing of who we are
   * @returns any answer but a refusal
   * @throws RegistryRefused, which names the registry and the setting; Unreachable
   */
  async send(repository: string, url: string, request: RegistryRequest = {}): Promise<Response> {
    if (new URL(url).origin !== new URL(Registries.addressOf(repository)).origin) return this.#once(url, request, undefined);
    const known = this.#authorizations.get(repository);
    let response = await this.#once(url, request, known);
    if (known !== undefined && isRefused(response, url)) {
      // A token ends, and credentials are changed.
      this.#authorizations.delete(repository);
      response = await this.#again(response, url, request);
    }
    const challenge = response.headers.get('www-authenticate');
    if (challenge !== null && isRefused(response, url)) {
      const authorization = await this.#signIn(repository, challenge);
      if (authorization !== undefined) {
        response = await this.#again(response, url, request, authorization);
        if (!isRefused(response, url)) this.#remember(repository, authorization);
      }
    }
    if (isRefused(response, url)) throw await this.#refusal(repository, response.status, await reasonOf(response));
    return response;
  }

  async #again(refused: Response, url: string, request: RegistryRequest, authorization?: string): Promise<Response> {
    await refused.body?.cancel();
    return this.#once(url, request, authorization);
  }

  async #once(url: string, { headers = {}, ...request }: RegistryRequest, authorization: string | undefined): Promise<Response> {
    const signal = request.signal ?? AbortSignal.timeout(timeoutMs);
    try {
      return await this.#fetch(url, {
        ...request,
        signal,
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      });
    } catch (error) {
      throw new Unreachable(`${request.method ?? 'GET'} ${named(url)}: ${causeOf(error)}`, { cause: error });
    }
  }

  /** @returns undefined where there is no way to sign in */
  async #signIn(repository: string, challenge: string): Promise<string | undefined> {
    const credentials = await this.#credentialsOf(repository);
    if (credentials !== undefined && 'token' in credentials) return `Bearer ${credentials.token}`;
    if (/^bearer\b/i.test(challenge)) return this.#token(repository, challenge, credentials);
    return /^basic\b/i.test(challenge) && credentials !== undefined && 'username' in credentials ? basic(credentials) : undefined;
  }

  async #credentialsOf(repository: string): Promise<RegistryCredentials | undefined> {
    try {
      return await this.#credentials?.of(repository);
    } catch (error) {
      const { message } = error as Error;
      throw error instanceof CredentialsUnusable ? new RegistryRefused(message) : new Unreachable(message, { cause: error });
    }
  }

  async #token(repository: string, challenge: string, credentials: SigningIn | undefined): Promise<string | undefined> {
    const given = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
    const { realm, service } = given;
    if (realm === undefined || !URL.canParse(realm)) return undefined;
    const [host = '', ...path] = fullRepository(repository).split('/');
    if (new URL(realm).protocol !== 'https:' && !isLoopback(host))
      throw new RegistryRefused(`${host} gives tokens at ${named(realm)}, where they can be overheard: nothing is sent there`);
    // The scope that the registry names may be for this one request; a token for all that we do saves asking again.
    const scope = `repository:${path.join('/')}:${this.#actions}`;
    const { url, request } = tokenRequest(realm, { scope, ...(service === undefined ? {} : { service }) }, credentials);
    const response = await this.#once(url, request, undefined);
    if (response.status === 401 || response.status === 403)
      throw await this.#refusal(repository, response.status, `by ${named(realm)}, ${await reasonOf(response)}`);
    const answer = (await response.json().catch(() => ({}))) as { token?: unknown; access_token?: unknown };
    const token = answer.token ?? answer.access_token;
    if (!response.ok || typeof token !== 'string')
      throw new Unreachable(`no token for ${repository}: ${named(realm)} answered ${response.status}`);
    return `Bearer ${token}`;
  }

  async #refusal(repository: string, status: number, reason: string): Promise<RegistryRefused> {
    const [host = ''] = repository.split('/');
    const what = `${host} refuses ${repository} (${[String(status), reason].filter((part) => part !== '').join(' ')})`;
    const source = this.#credentials;
    if (source === undefined)
      return new RegistryRefused(
        `${what}: no credentials are configured; name a docker config.json with WAYBILL_REGISTRY_CREDENTIALS_FILE, or a Secret with WAYBILL_REGISTRY_CREDENTIALS_SECRET`,
      );
    const has = (await this.#credentialsOf(repository)) !== undefined;
    return new RegistryRefused(
      has ? `${what} with the credentials of ${source.named}: see what they may read` : `${what}: no credentials for it in ${source.named}`,
    );
  }

  #remember(repository: string, authorization: string): void {
    if (this.#authorizations.size >= remembered) this.#authorizations.clear();
    this.#authorizations.set(repository, authorization);
  }
}

/** Reads what everybody may read. */
export const anonymous = new Registries();

/** A place that the registry sent us on to, as for large blobs, got no credentials and knows none. */
const isRefused = ({ status, url, redirected }: Response, asked: string) =>
  (status === 401 || status === 403) && !(redirected && new URL(url).host !== new URL(asked).host);

/** Without query, which may carry a secret. */
const named = (url: string) => url.split('?')[0] ?? url;

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  return (errorsIn(text) ?? text).replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}

/** Errors as the distribution specification has them. */
function errorsIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { errors: { code?: string; message?: string }[] };
    return errors.map(({ code = '', message = '' }) => [code, message].filter((part) => part !== '').join(': ')).join('; ');
  } catch {
    return undefined;
  }
}
