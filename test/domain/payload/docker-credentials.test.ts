import { describe, expect, it } from 'vitest';
import { credentialsFor } from '../../../domain/payload/docker-credentials.ts';
import { apiHost, fullRepository } from '../../../domain/payload/docker-hub.ts';

describe('credentials', () => {
  const auth = btoa('robot:päss:word'.normalize('NFC').replace('ä', 'a'));
  const text = (auths: object) => JSON.stringify({ auths });
  const robot = { username: 'robot', password: 'pass:word' };

  it.each<[string, object, unknown]>([
    ['the host', { 'quay.io': { auth } }, robot],
    ['the host as an address', { 'https://quay.io/v2/': { auth } }, robot],
    ['the longest path', { 'quay.io': { auth: btoa('x:y') }, 'quay.io/org': { auth } }, robot],
    ['name and password', { 'quay.io': { username: 'robot', password: 'pass:word' } }, robot],
    ['a token', { 'quay.io': { registrytoken: 't' } }, { token: 't' }],
    ['an identity token', { 'quay.io': { auth: btoa('oauth:'), identitytoken: 'i' } }, { identityToken: 'i' }],
    ['empty tokens beside a password', { 'quay.io': { auth, identitytoken: '', registrytoken: '' } }, robot],
    ['another host', { 'quay.io.evil': { auth }, 'quay.io/organ': { auth } }, undefined],
    ['nothing', {}, undefined],
    ['an entry without anything', { 'quay.io': {} }, undefined],
    ['an entry that is no base64', { 'quay.io': { auth: '%' } }, undefined],
  ])('of %s', (_, auths, expected) => expect(credentialsFor(text(auths), 'quay.io/org/repo')).toEqual(expected));
  it.each(['', '{', '[]', '{"auths":{"a":{"auth":1}}}'])('in %j are an error that quotes nothing', (bad) =>
    expect(() => credentialsFor(bad, 'quay.io/x')).toThrow(/^it is no docker configuration: expected JSON with "auths"$/),
  );

  it.each<[string, string, boolean]>([
    ['https://index.docker.io/v1/', 'docker.io/busybox', true],
    ['https://index.docker.io/v1/', 'index.docker.io/org/repo', true],
    ['docker.io', 'docker.io/org/repo', true],
    ['docker.io/library', 'docker.io/busybox', true],
    ['docker.io/org', 'docker.io/org/repo', true],
    ['docker.io/org', 'docker.io/org', false],
    ['https://index.docker.io/v1/', 'quay.io/org/repo', false],
  ])('of Docker Hub by the name %s hold for %s: %s', (key, repository, expected) =>
    expect(credentialsFor(text({ [key]: { auth } }), repository)).toEqual(expected ? robot : undefined),
  );
});

describe('repositories', () => {
  it.each([
    ['docker.io/busybox', 'docker.io/library/busybox', 'registry-1.docker.io'],
    ['index.docker.io/org/repo', 'docker.io/org/repo', 'registry-1.docker.io'],
    ['quay.io/org/repo', 'quay.io/org/repo', 'quay.io'],
    ['localhost:5000/repo', 'localhost:5000/repo', 'localhost:5000'],
  ])('%s is %s, asked for at %s', (repository, full, host) => {
    expect([fullRepository(repository), apiHost(repository.split('/')[0] ?? '')]).toEqual([full, host]);
  });
});
