import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSettings } from '../../../infra/settings/settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const hour = 3_600_000;

describe('settings', () => {
  test('have a default for everything that has no address', () => {
    expect(loadSettings({})).toMatchObject({
      home: '.waybill',
      releaseNamespaces: ['ocp'],
      jobNamespace: 'ci-release',
      prowNamespace: 'ci',
      prowJobConfig: { kind: 'configMap', namespace: 'ci', name: 'job-config' },
      verificationDeadline: 72 * hour,
      creationDeadline: 6 * hour,
      reconcileMinutes: 10,
      serve: { host: '127.0.0.1', port: 7080 },
      temporal: { namespace: 'default', tls: false },
    });
  });

  test('come from the environment before the file, and from the file before the default', () => {
    const file = fileWith('serve: { port: 9000, host: 0.0.0.0 }\nreleaseNamespaces: [ocp, okd]\n');
    const settings = loadSettings({ WAYBILL_CONFIG: file, WAYBILL_SERVE_PORT: '9001' });
    expect(settings.serve).toEqual({ port: 9001, host: '0.0.0.0' });
    expect(settings.releaseNamespaces).toEqual(['ocp', 'okd']);
  });

  test.each<[string, NodeJS.ProcessEnv, object]>([
    ['a list of namespaces', { WAYBILL_RELEASE_NAMESPACES: 'ocp, okd' }, { releaseNamespaces: ['ocp', 'okd'] }],
    ['namespaces by label', { WAYBILL_RELEASE_NAMESPACES: 'labelled' }, { releaseNamespaces: 'labelled' }],
    [
      'job definitions in files',
      { WAYBILL_PROW_JOB_CONFIG: 'jobs,more/jobs.yaml' },
      { prowJobConfig: { kind: 'files', paths: ['jobs', 'more/jobs.yaml'] } },
    ],
    [
      'a key in a Secret',
      { WAYBILL_SIGNING_KEY_SECRET: 'ci/signer/key.asc' },
      { signingKey: { secret: { namespace: 'ci', name: 'signer', key: 'key.asc' } } },
    ],
    [
      'credentials of registries',
      { WAYBILL_REGISTRY_CREDENTIALS_FILE: '/pull/config.json', WAYBILL_REGISTRY_CREDENTIALS_SECRET: 'ci/pull' },
      { registryCredentials: { file: '/pull/config.json', secret: 'ci/pull' } },
    ],
    ['a length of time', { WAYBILL_VERIFICATION_DEADLINE: '1.5h' }, { verificationDeadline: 1.5 * hour }],
    [
      'qualifiers in a ConfigMap',
      { WAYBILL_RELEASE_QUALIFIERS: 'configmap:ci/q' },
      { releaseQualifiers: { kind: 'configMap', namespace: 'ci', name: 'q' } },
    ],
    ['qualifiers in a file', { WAYBILL_RELEASE_QUALIFIERS: '/etc/q.yaml' }, { releaseQualifiers: { kind: 'file', path: '/etc/q.yaml' } }],
    ['no deadline', { WAYBILL_VERIFICATION_DEADLINE: '0' }, { verificationDeadline: 0 }],
    ['a flag', { WAYBILL_MANIFEST_LIST_MODE: 'true' }, { manifestListMode: true }],
    [
      'groups of clusters',
      { WAYBILL_CLUSTER_GROUPS: 'build01, build02;build05' },
      { clusterGroups: [['build01', 'build02'], ['build05']] },
    ],
    ['a bucket with a prefix', { WAYBILL_STORAGE_URL: 'gs://releases/4.20' }, { storage: { url: 'gs://releases/4.20' } }],
    ['OpenTelemetry by its own name', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, { otelEndpoint: 'http://collector:4318' }],
    ['an empty variable as absent', { WAYBILL_SERVE_PORT: '' }, { serve: { port: 7080 } }],
  ])('read %s', (_what, env, expected) => {
    expect(loadSettings(env)).toMatchObject(expected);
  });

  test.each<[NodeJS.ProcessEnv, string]>([
    [{ WAYBILL_SERVE_PORT: 'abc' }, 'WAYBILL_SERVE_PORT=abc: expected a whole number from 0 to 65535'],
    [{ WAYBILL_SERVE_PORT: '70000' }, 'WAYBILL_SERVE_PORT=70000: expected a whole number from 0 to 65535'],
    [{ WAYBILL_TEMPORAL_ADDRESS: 'http://temporal' }, 'WAYBILL_TEMPORAL_ADDRESS=http://temporal: expected `host:port`'],
    [
      { WAYBILL_RELEASE_NAMESPACES: 'ocp,Not_A_Name' },
      'WAYBILL_RELEASE_NAMESPACES=ocp,Not_A_Name: expected names separated by commas, or `labelled`',
    ],
    [{ WAYBILL_STORAGE_URL: 's3://bucket' }, 'WAYBILL_STORAGE_URL=s3://bucket: expected `gs://bucket[/prefix]` or `file:///path`'],
    [
      { WAYBILL_CREATION_DEADLINE: '3 weeks' },
      'WAYBILL_CREATION_DEADLINE=3 weeks: expected a number with a unit (`90s`, `10m`, `6h`, `3d`), or `0`',
    ],
    [{ WAYBILL_CLUSTER_GROUPS: 'build01;' }, 'WAYBILL_CLUSTER_GROUPS=build01;: expected names separated by commas, groups by semicolons'],
    [
      { WAYBILL_RELEASE_QUALIFIERS: 'configmap:q' },
      'WAYBILL_RELEASE_QUALIFIERS=configmap:q: expected `configmap:namespace/name`, or the path of a file',
    ],
    [
      { WAYBILL_JIRA_URL: 'https://issues.example' },
      'WAYBILL_JIRA_URL: needs WAYBILL_JIRA_TOKEN_FILE, or WAYBILL_JIRA_USERNAME and WAYBILL_JIRA_PASSWORD_FILE',
    ],
    [
      { WAYBILL_JIRA_URL: 'https://issues.example', WAYBILL_JIRA_TOKEN_FILE: '/token' },
      'WAYBILL_JIRA_URL: needs WAYBILL_RELEASE_QUALIFIERS, which say what is escalated',
    ],
    [{ WAYBILL_LOG_LEVEL: 'loud' }, 'WAYBILL_LOG_LEVEL=loud: expected `trace`, `debug`, `info`, `warn`, `error`, `fatal`'],
    [{ WAYBILL_TEMPORAL_API_KEY: 'key' }, 'WAYBILL_TEMPORAL_ADDRESS: needed with TLS or an API key'],
    [
      { WAYBILL_SIGNING_KEY_FILE: 'a', WAYBILL_SIGNING_KEY_SECRET: 'a/b/c' },
      'WAYBILL_SIGNING_KEY_FILE and WAYBILL_SIGNING_KEY_SECRET: give one of them',
    ],
    [
      { WAYBILL_RELEASE_NAMESPACES: 'ocp,okd', WAYBILL_PUBLISH_NAMESPACES: 'public,okd' },
      'WAYBILL_RELEASE_NAMESPACES and WAYBILL_PUBLISH_NAMESPACES may not overlap: okd',
    ],
  ])('refuse %j', (env, message) => {
    expect(() => loadSettings(env)).toThrow(message);
  });

  test('name every wrong value at once', () => {
    const load = () => loadSettings({ WAYBILL_SERVE_PORT: 'abc', WAYBILL_CLUSTER: 'A B' });
    expect(load).toThrow('WAYBILL_SERVE_PORT=abc');
    expect(load).toThrow('WAYBILL_CLUSTER=A B');
  });

  test('never show a secret, not even a wrong one', () => {
    expect(() => loadSettings({ WAYBILL_ADMIN_TOKEN: 'hunter2' })).toThrow('WAYBILL_ADMIN_TOKEN=(secret): expected at least 16 characters');
  });

  test.each([
    ['serve: { port: abc }', 'serve.port: abc in FILE: expected a whole number from 0 to 65535'],
    ['serve: { prot: 1 }', 'serve.prot in FILE: there is no such setting'],
    ['- a list', 'WAYBILL_CONFIG=FILE: expected settings by name'],
  ])('say where in the file it is: %s', (content, message) => {
    const file = fileWith(content);
    expect(() => loadSettings({ WAYBILL_CONFIG: file })).toThrow(message.replace('FILE', file));
  });

  test('refuse a file that is not there', () => {
    expect(() => loadSettings({ WAYBILL_CONFIG: '/nowhere/waybill.yaml' })).toThrow('WAYBILL_CONFIG=/nowhere/waybill.yaml');
  });
});

function fileWith(content: string): string {
  const file = join(temporaryFolder('settings'), 'waybill.yaml');
  writeFileSync(file, content);
  return file;
}
