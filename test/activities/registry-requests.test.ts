import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { secrets } from '../../activities/kubernetes/resources.ts';
import { registryCredentials } from '../../activities/registry-credentials.ts';
import { registryReads } from '../../activities/registry-reads.ts';
import { Registries, RegistryRefused, Unreachable } from '../../activities/registry-requests.ts';
import { contentVerdict } from '../../domain/audit/image-content.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { releaseImage } from '../../infra/sandbox/jobs/release-image.ts';
import { identityToken, password, passwordRegistry, tokenRegistry, user } from '../support/private-registry.ts';
import { testStack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const stack = testStack();
const urlOf = (input: Parameters<typeof fetch>[0]) => (input instanceof Request ? input.url : String(input));
const basic = (secret = password, name = user) => btoa(`${name}:${secret}`);
const config = (auths: Record<string, string>) =>
  JSON.stringify({ auths: Object.fromEntries(Object.entries(auths).map(([place, auth]) => [place, { auth }])) });

function fileWith(text: string): string {
  const file = join(temporaryFolder('pull'), 'config.json');
  writeFileSync(file, text);
  return file;
}

const signedIn = (text: string) => new Registries({ credentials: registryCredentials({ file: fileWith(text) }, stack.kubernetes) });

/** A release image in the registry of the stack. @returns its path, and where another registry with the same images has it */
async function pushed() {
  const path = `${stack.freshName('private')}/release`;
  const image = releaseImage({
    name: '4.20.1',
    fromImageStream: 'ocp/4.20',
    components: [],
    previous: ['4.20.0'],
    metadata: undefined,
    created: '2025-06-01T00:00:00Z',
  });
  const digest = await pushImage(stack.registry, path, '4.20.1', { ...image, labels: { a: '1' } });
  return { path, digest };
}

const messageOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error).toBeInstanceOf(RegistryRefused);
  return error?.message ?? '';
};

describe.each([
  ['name and password', passwordRegistry],
  ['a token', async () => (await tokenRegistry()).host],
])('a registry that wants %s', (_, open) => {
  test('shows everything that is read to whom it lets', async () => {
    const [host, { path, digest }] = await Promise.all([open(), pushed()]);
    const reads = registryReads(signedIn(config({ [host]: basic() })));
    const repository = `${host}/${path}`;
    expect(await reads.digestOf(`${repository}:4.20.1`)).toBe(digest);
    expect(await reads.previousVersions(repository, digest)).toEqual(['4.20.0']);
    expect(await reads.imageLabels(`${repository}@${digest}`)).toMatchObject({ a: '1' });
    expect(contentVerdict(await reads.verifyImages(`${repository}@${digest}`))).toEqual({ result: 'verified' });
    expect(await reads.digestOf(`${repository}:none`)).toBeUndefined();
  });

  test('refuses others, and it is said what would mend it', async () => {
    const [host, { path, digest }] = await Promise.all([open(), pushed()]);
    const repository = `${host}/${path}`;
    const ask = (registries: Registries) => messageOf(registryReads(registries).digestOf(`${repository}:4.20.1`));
    const unnamed = await ask(new Registries());
    expect(unnamed).toContain(`${host} refuses ${repository} (401`);
    expect(unnamed).toContain('no credentials are configured; name a docker config.json with WAYBILL_REGISTRY_CREDENTIALS_FILE');
    expect(await ask(signedIn(config({ 'quay.io': basic() })))).toMatch(
      /: no credentials for it in .*config.json \(WAYBILL_REGISTRY_CREDENTIALS_FILE\)$/,
    );
    const wrong = await ask(signedIn(config({ [host]: basic('wrong horse') })));
    expect(wrong).toMatch(/with the credentials of .*config.json \(WAYBILL_REGISTRY_CREDENTIALS_FILE\): see what they may read$/);
    expect(wrong).not.toMatch(new RegExp(`wrong horse|${basic('wrong horse')}`));
    const { previousVersions, imageLabels, verifyImages } = registryReads(new Registries());
    const pullSpec = `${repository}@${digest}`;
    for (const read of [() => previousVersions(repository, digest), () => imageLabels(pullSpec), () => verifyImages(pullSpec)])
      expect(await messageOf(read())).toContain(`refuses ${repository} (401 UNAUTHORIZED: authentication required): no credentials`);
  });
});

describe('credentials', () => {
  test('of a Secret hold as soon as it says them', async () => {
    const [host, { path, digest }] = await Promise.all([passwordRegistry(), pushed()]);
    const namespace = await stack.freshNamespace('pull');
    const place = `${namespace}/pull`;
    const { digestOf } = registryReads(new Registries({ credentials: registryCredentials({ secret: place }, stack.kubernetes) }));
    const ask = () => digestOf(`${host}/${path}:4.20.1`);
    expect(await messageOf(ask())).toBe(
      `registry credentials Secret ${place} (WAYBILL_REGISTRY_CREDENTIALS_SECRET): there is no such Secret`,
    );
    const secretWith = async (data: Record<string, string>) => {
      await stack.kubernetes.delete(secrets, namespace, 'pull');
      const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)]));
      await stack.kubernetes.create<KubernetesObject>(secrets, {
        metadata: { namespace, name: 'pull' },
        data: encoded,
      } as KubernetesObject);
    };
    await secretWith({ other: 'x' });
    expect(await messageOf(ask())).toContain('it has neither a key config.json nor a key .dockerconfigjson');
    await secretWith({ '.dockerconfigjson': 'hunter2' });
    expect(await messageOf(ask())).toMatch(/: it is no docker configuration: expected JSON with "auths"$/);
    await secretWith({ '.dockerconfigjson': config({ [host]: basic() }) });
    expect(await ask()).toBe(digest);
  });

  test('that are not accepted any more are read anew', async () => {
    const wanted = { now: 'first' };
    const file = fileWith(config({ 'quay.example': basic('first') }));
    const fetching: typeof fetch = async (_, init) => {
      const given = new Headers(init?.headers).get('authorization');
      if (given === `Basic ${basic(wanted.now)}`) return new Response('', { headers: { 'docker-content-digest': wanted.now } });
      return new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
    };
    const credentials = registryCredentials({ file }, stack.kubernetes);
    const { digestOf } = registryReads(new Registries({ credentials, fetching }));
    expect(await digestOf('quay.example/a:1')).toBe('first');
    wanted.now = 'second';
    expect(await messageOf(digestOf('quay.example/a:1'))).toContain('see what they may read');
    writeFileSync(file, config({ 'quay.example': basic('second') }));
    expect(await digestOf('quay.example/a:1')).toBe('second');
  });

  test('of the file come before those of the Secret, each for what it has an entry for', async () => {
    const namespace = await stack.freshNamespace('pull');
    await stack.kubernetes.create<KubernetesObject>(secrets, {
      metadata: { namespace, name: 'pull' },
      data: { 'config.json': btoa(config({ 'quay.io': basic('s'), 'registry.example': basic('s') })) },
    } as KubernetesObject);
    const source = registryCredentials(
      { file: fileWith(config({ 'quay.io/a': basic('f') })), secret: `${namespace}/pull` },
      stack.kubernetes,
    );
    const passwordOf = async (repository: string) => (await source?.of(repository))?.['password' as never];
    expect(await Promise.all(['quay.io/a/b', 'quay.io/b', 'registry.example/c', 'other/d'].map(passwordOf))).toEqual([
      'f',
      's',
      's',
      undefined,
    ]);
    expect(registryCredentials({}, stack.kubernetes)).toBeUndefined();
    const missing = registryCredentials({ file: '/not/there' }, stack.kubernetes);
    await expect(missing?.of('quay.io/a')).rejects.toThrow('/not/there (WAYBILL_REGISTRY_CREDENTIALS_FILE): there is no such file');
  });

  test('are for their registry alone: no other is told them, nor where it sends us on', async () => {
    const [{ host, asked }, { path }] = await Promise.all([tokenRegistry(), pushed()]);
    await messageOf(
      registryReads(signedIn(config({ 'quay.io': basic(), [`${host}.example`]: basic() }))).digestOf(`${host}/${path}:4.20.1`),
    );
    expect(asked).toEqual([{ by: '', scope: `repository:${path}:pull` }]);
  });

  test('an identity token is exchanged for one of the repository; one that is not known is refused', async () => {
    const [{ host, asked }, { path, digest }] = await Promise.all([tokenRegistry(), pushed()]);
    const withToken = (identitytoken: string) => JSON.stringify({ auths: { [host]: { auth: basic(''), identitytoken } } });
    expect(await registryReads(signedIn(withToken(identityToken))).digestOf(`${host}/${path}:4.20.1`)).toBe(digest);
    expect(asked).toEqual([{ by: 'an identity token', scope: `repository:${path}:pull` }]);
    const refused = await messageOf(registryReads(signedIn(withToken('stolen'))).digestOf(`${host}/${path}:4.20.1`));
    expect(refused).toMatch(
      /^127\.0\.0\.1:\d+ refuses .* \(401 by http:.*\/token, UNAUTHORIZED\) with the credentials of .*: see what they may read$/,
    );
    expect(refused).not.toContain('stolen');
  });

  test('Docker Hub is asked where it answers, with what is configured under any of its names', async () => {
    const asked: [url: string, authorization: string | null][] = [];
    const fetching: typeof fetch = async (input, init) => {
      const authorization = new Headers(init?.headers).get('authorization');
      asked.push([urlOf(input), authorization]);
      if (urlOf(input).startsWith('https://auth.docker.io/')) return Response.json({ token: 't' });
      if (authorization === 'Bearer t') return new Response('', { headers: { 'docker-content-digest': 'sha256:1' } });
      const challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
      return new Response('', { status: 401, headers: { 'www-authenticate': challenge } });
    };
    const credentials = registryCredentials({ file: fileWith(config({ 'https://index.docker.io/v1/': basic() })) }, stack.kubernetes);
    expect(await registryReads(new Registries({ credentials, fetching })).digestOf('docker.io/busybox:1')).toBe('sha256:1');
    const manifest = 'https://registry-1.docker.io/v2/library/busybox/manifests/1';
    const scope = 'scope=repository%3Alibrary%2Fbusybox%3Apull&service=registry.docker.io';
    expect(asked).toEqual([
      [manifest, null],
      [`https://auth.docker.io/token?${scope}`, `Basic ${basic()}`],
      [manifest, 'Bearer t'],
    ]);
  });

  test('are not sent where they can be overheard', async () => {
    const asked: string[] = [];
    const fetching: typeof fetch = async (input) => {
      asked.push(urlOf(input));
      return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://quay.example/token",service="s"' } });
    };
    const registries = new Registries({
      credentials: registryCredentials({ file: fileWith(config({ 'quay.example': basic() })) }, stack.kubernetes),
      fetching,
    });
    expect(await messageOf(registryReads(registries).digestOf('quay.example/a:1'))).toContain('can be overheard');
    expect(asked).toEqual(['https://quay.example/v2/a/manifests/1']);
  });

  test('a token is asked for once for each repository, and anew when it has ended', async () => {
    const answers = { tokens: 0, good: 'token 1' };
    const fetching: typeof fetch = async (input, init) => {
      if (urlOf(input).startsWith('https://auth.example/')) return Response.json({ access_token: `token ${(answers.tokens += 1)}` });
      if (new Headers(init?.headers).get('authorization') === `Bearer ${answers.good}`)
        return new Response('', { headers: { 'docker-content-digest': answers.good } });
      return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.example/token"' } });
    };
    const { digestOf } = registryReads(new Registries({ fetching }));
    expect([await digestOf('quay.example/a:1'), await digestOf('quay.example/a:2'), answers.tokens]).toEqual(['token 1', 'token 1', 1]);
    answers.good = 'token 2';
    expect([await digestOf('quay.example/a:1'), answers.tokens]).toEqual(['token 2', 2]);
  });

  test.each<[string, () => Response, typeof Unreachable]>([
    ['is away', () => new Response('', { status: 503 }), Unreachable],
    ['gives none', () => Response.json({}), Unreachable],
    ['refuses', () => new Response('bad password', { status: 403 }), RegistryRefused],
  ])('a token server that %s', async (_, answer, kind) => {
    const fetching: typeof fetch = async (input) =>
      urlOf(input).startsWith('https://auth.example/')
        ? answer()
        : new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.example/token"' } });
    const reading = registryReads(new Registries({ fetching })).previousVersions('quay.example/a', 'sha256:0');
    await expect(reading).rejects.toSatisfy((error) => error instanceof kind);
    await expect(reading).rejects.toThrow('https://auth.example/token');
  });

  test('what a registry sends us on to for a blob is not told them, and its refusal is not blamed on them', async () => {
    const { digest } = await pushed();
    const elsewhere = new Response('', { status: 403 });
    Object.defineProperties(elsewhere, { redirected: { value: true }, url: { value: 'https://cdn.example/blob?signature=x' } });
    const registries = new Registries({ fetching: async () => elsewhere });
    const reading = registryReads(registries).previousVersions('quay.example/a', digest);
    await expect(reading).rejects.toThrow(`GET https://quay.example/v2/a/manifests/${digest}: 403`);
    await expect(reading).rejects.toSatisfy((error) => !(error instanceof RegistryRefused));
  });
});
