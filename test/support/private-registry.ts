import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { defaultSources, resolveComponents } from '../../infra/local/components/resolve.ts';
import { freePort } from './free-port.ts';
import { testStack } from './stack.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TestProcess } from './test-process.ts';

export const [user, password] = ['robot+waybill', 'correct horse'];
/** of the password, by bcrypt */
const hash = '$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e';

/** The images of the stack's registry at another door, which asks for name and password. @returns `host:port` */
export async function passwordRegistry(): Promise<string> {
  const folder = temporaryFolder('htpasswd');
  const path = join(folder, 'htpasswd');
  writeFileSync(path, `${user}:${hash}\n`);
  return serveImages(folder, { htpasswd: { realm: 'private', path } });
}

/** What a `docker login` of some registries leaves in place of the password. */
export const identityToken = 'who-we-are';

export interface TokenRegistry {
  host: string;
  /** what the token server was asked, in order: who, and for which scope */
  asked: { by: string; scope: string }[];
}

/** The same behind a token server, which gives tokens to read to the user alone, as quay.io does. */
export async function tokenRegistry(): Promise<TokenRegistry> {
  const folder = temporaryFolder('tokens');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = join(folder, 'jwks.json');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' };
  writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
  const asked: TokenRegistry['asked'] = [];
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const { by, scope, known } = request.method === 'POST' ? refreshing(await text(request)) : signingIn(request);
    asked.push({ by, scope });
    if (!known) return void response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    // To nobody in particular it gives a token as well, which is good for nothing.
    const [type, name, actions = ''] = scope.split(':');
    const access = by === '' ? [] : [{ type, name, actions: actions.split(',') }];
    const token = jwt(privateKey, access);
    const given = request.method === 'POST' ? { access_token: token } : { token };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(given));
  };
  const server = http.createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const host = await serveImages(folder, { token: { realm, service, issuer, jwks, signingalgorithms: ['ES256'] } });
  return { host, asked };
}

interface Asking {
  by: string;
  scope: string;
  known: boolean;
}

function signingIn({ url = '', headers }: http.IncomingMessage): Asking {
  const scope = new URL(url, 'http://x').searchParams.get('scope') ?? '';
  const [by = '', given] = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64')
    .toString()
    .split(':');
  return { by, scope, known: by === '' || given === password };
}

/** distribution, docs/content/spec/auth/oauth.md */
function refreshing(form: string): Asking {
  const given = Object.fromEntries(new URLSearchParams(form));
  const complete = given['grant_type'] === 'refresh_token' && given['service'] === service && Boolean(given['client_id']);
  return { by: 'an identity token', scope: given['scope'] ?? '', known: complete && given['refresh_token'] === identityToken };
}

const [service, issuer] = ['private registry', 'token server'];

function jwt(key: KeyObject, access: object[]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: service,
    sub: user,
    iat: now - 60,
    nbf: now - 60,
    exp: now + 300,
    jti: randomBytes(8).toString('hex'),
    access,
  };
  const signed = [{ typ: 'JWT', alg: 'ES256', kid: 'k' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** @param folder for its configuration */
async function serveImages(folder: string, auth: object): Promise<string> {
  const { home, freshName } = testStack();
  const { registry: program = '' } = await resolveComponents(
    defaultSources(process.env, () => undefined),
    ['registry'],
  );
  const address = `127.0.0.1:${await freePort()}`;
  const configuration = join(folder, 'config.yaml');
  writeFileSync(
    configuration,
    stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(home, 'registry') }, delete: { enabled: true } },
      http: { addr: address },
      auth,
    }),
  );
  const server = new TestProcess({
    name: freshName('private-registry'),
    home,
    script: [program, 'serve', configuration],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: 'listening on',
  });
  onTestFinished(async () => void (await server.kill()));
  await server.start();
  return address;
}
