import { z } from 'zod';
import { officialUpdateServices } from '../../activities/update-service.ts';
import { choice, duration, flag, listOf, pattern, port, text, wholeNumber } from './values.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const hostAndPort = /^[^\s/:]+:\d{1,5}$/;

const temporal = z.strictObject({
  address: pattern(hostAndPort, {
    description: 'Temporal frontend. Given, it replaces the local Temporal server.',
    accepts: '`host:port`',
  }).optional(),
  namespace: text({ description: 'Temporal namespace.', accepts: 'a name' }).default('default'),
  tls: flag('Speak TLS to Temporal. An API key or a client certificate implies it.').default(false),
  tlsServerName: text({
    description: 'Name that the server certificate must bear, when it is not the address.',
    accepts: 'a host name',
  }).optional(),
  tlsCaFile: text({ description: 'Authorities to trust instead of the well-known ones.', accepts: 'the path of a PEM file' }).optional(),
  tlsCertFile: text({ description: 'Client certificate.', accepts: 'the path of a PEM file' }).optional(),
  tlsKeyFile: text({ description: 'Key of the client certificate.', accepts: 'the path of a PEM file' }).optional(),
  apiKey: text({ description: 'API key of Temporal Cloud.', accepts: 'a text', secret: true }).optional(),
});

const storage = z.strictObject({
  url: pattern(/^(gs:\/\/[a-z0-9][a-z0-9._-]+(\/\S*)?|file:\/\/\/\S+)$/, {
    description: 'Bucket for audit records and signatures. Given, it replaces the local one.',
    accepts: '`gs://bucket[/prefix]` or `file:///path`',
  }).optional(),
  endpoint: pattern(/^https?:\/\/\S+$/, {
    description: 'Address of the storage service, when it is not Google’s own.',
    accepts: 'an `http(s)://` address',
  }).optional(),
});

const signingKey = z.strictObject({
  file: text({
    description: 'OpenPGP private key (armored or binary) that signs accepted releases; read by the audit worker alone.',
    accepts: 'the path of a file',
  }).optional(),
  secret: z
    .preprocess(
      (value) =>
        typeof value === 'string' && value.split('/').length === 3
          ? ((parts) => ({ namespace: parts[0], name: parts[1], key: parts[2] }))(value.split('/'))
          : value,
      z.strictObject({ namespace: z.string().min(1), name: z.string().min(1), key: z.string().min(1) }),
    )
    .meta({ description: 'The same key in a Secret.', accepts: '`namespace/name/key`' })
    .optional(),
});

const registryCredentials = z.strictObject({
  file: text({
    description:
      'Docker `config.json` with the credentials of registries whose images are read. Read again whenever a registry wants to know who asks.',
    accepts: 'the path of a file',
  }).optional(),
  secret: pattern(/^[^/\s]+\/[^/\s]+$/, {
    description: 'The same in a pull Secret (`.dockerconfigjson`, or `config.json`); asked for what the file has no credentials for.',
    accepts: '`namespace/name`',
  }).optional(),
});

const audit = z.strictObject({
  verification: choice(
    ['auto', 'required', 'off'],
    'Whether the content of release images is verified before they are signed: `auto` where it is known with what, `required` signs nothing unverified, `off` verifies nothing.',
  ).default('auto'),
  cliImage: text({
    description:
      'Image whose `oc` verifies release images, by digest best of all; `local` has the worker fetch and check everything itself. Without it the stream’s `overrideCLIImage` is taken.',
    accepts: 'an image, or `local`',
  }).optional(),
  delay: duration('How long after its verdict a release is signed.').default(0),
  phases: listOf(z.enum(['Accepted', 'Rejected']))
    .meta({ description: 'Phases in which releases are signed.', accepts: '`Accepted`, `Rejected`, or both separated by a comma' })
    .default(['Accepted']),
  streams: choice(['all', 'stable'], 'Streams whose releases are signed.').default('all'),
  trackInterval: duration('How often releases that ought to be signed and are not are looked for; 0 for never.').default(10 * 60_000),
  trackSince: text({
    description: 'Releases that were made before are not looked for. Without it all of them are.',
    accepts: 'a time (`2026-01-31T00:00:00Z`)',
  })
    .refine((value) => !Number.isNaN(Date.parse(value)), 'not a time')
    .optional(),
});

const jira = z.strictObject({
  url: pattern(/^https?:\/\/\S+$/, {
    description: 'Jira that failing qualifiers are escalated to. Without it nothing is.',
    accepts: 'an `http(s)://` address',
  }).optional(),
  tokenFile: text({ description: 'Personal access token for Jira.', accepts: 'the path of a file' }).optional(),
  username: text({ description: 'User of Jira, where there is no token.', accepts: 'a name' }).optional(),
  passwordFile: text({ description: 'Password of that user.', accepts: 'the path of a file' }).optional(),
});

const bigquery = z.strictObject({
  projectId: pattern(/^([a-z0-9][-a-z0-9.]*:)?[a-z][-a-z0-9]{4,28}[a-z0-9]$/, {
    description:
      'Google Cloud project with the history of jobs in BigQuery, which escalations count in. Without it they count in the payloads of the cluster.',
    accepts: 'the id of a project',
  }).optional(),
  endpoint: pattern(/^https?:\/\/\S+$/, {
    description: 'Address of BigQuery, when it is not Google’s own; it is spoken to without credentials.',
    accepts: 'an `http(s)://` address',
  }).optional(),
  cacheTtl: duration('How long an answer of BigQuery holds; 0 asks anew each time.').default(10 * 60_000),
});

const serve = z.strictObject({
  host: text({ description: 'Address that the server listens on.', accepts: 'a host name or address' }).default('127.0.0.1'),
  port: port('Port that the server listens on.').default(7080),
  artifactsHost: text({
    description: 'Host that serves the clients of releases; the API’s download addresses name it.',
    accepts: 'a host name',
  }).optional(),
});

const mirrorCleanup = z.strictObject({
  interval: duration('How often copies in alternate repositories that no release needs any more are looked for; 0 for never.').default(
    24 * 3_600_000,
  ),
  dryRun: flag('Report what would be deleted, and delete nothing.').default(true),
  minimumAge: duration('A copy whose image is younger stays.').default(720 * 3_600_000),
  maximum: wholeNumber(0, 10_000, 'More deletions than this in one repository are refused.').default(100),
  namespaces: listOf(z.string().regex(dnsLabel))
    .meta({
      description:
        'Namespaces, besides the release namespaces, with streams that copy to the same repositories: their copies are needed too.',
      accepts: 'names separated by commas',
    })
    .default([]),
  credentials: pattern(/^[^/\s]+\/[^/\s]+$/, {
    description: 'Secret with the credentials of the repositories: a docker `config.json` in the key of that name.',
    accepts: '`namespace/name`',
  }).default('ci-release/release-controller-quay-mirror-secret'),
});

const worker = z.strictObject({
  metricsPort: port('Port of the worker’s `/metrics`; 0 for any free one.').default(7081),
  role: choice(
    ['all', 'payloads', 'audit'],
    'What the worker does: `audit` signs, and alone needs the signing key; `payloads` does everything else.',
  ).default('all'),
  dryRun: flag('Say in the log what would be done, and do nothing.').default(false),
});

const prowJobConfig = z
  .preprocess(
    (value) => (typeof value === 'string' ? parseProwJobConfig(value) : value),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('configMap'), namespace: z.string().min(1), name: z.string().min(1) }),
      z.strictObject({ kind: z.literal('files'), paths: z.array(z.string().min(1)).min(1) }),
    ]),
  )
  .meta({
    description: 'Prow job definitions: a ConfigMap (every key `*.yaml`), or files and folders.',
    accepts: '`configmap:namespace/name`, or paths separated by commas',
  });

function parseProwJobConfig(value: string): unknown {
  const [, namespace, name] = /^configmap:([^/]+)\/([^/]+)$/.exec(value) ?? [];
  if (namespace !== undefined) return { kind: 'configMap', namespace, name };
  const paths = value.split(',').map((path) => path.trim());
  return value.startsWith('configmap:') || value === '' ? value : { kind: 'files', paths: paths.filter((path) => path !== '') };
}

const clusterGroups = z
  .preprocess(
    (value) => (typeof value === 'string' ? value.split(';').map((group) => group.split(',').map((name) => name.trim())) : value),
    z.array(z.array(z.string().min(1)).min(1)),
  )
  .meta({
    description:
      'Groups of build clusters: a verification job whose cluster is in a group runs on one of the group, of several such groups the last one.',
    accepts: 'names separated by commas, groups by semicolons (`build01,build02;build05,build06`)',
  });

const releaseQualifiers = z
  .preprocess(
    (value) => (typeof value === 'string' ? parseQualifiers(value) : value),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('configMap'), namespace: z.string().min(1), name: z.string().min(1) }),
      z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
    ]),
  )
  .meta({
    description: 'General configuration of qualifiers (YAML): a ConfigMap with one key `*.yaml`, or a file. Read again when it changes.',
    accepts: '`configmap:namespace/name`, or the path of a file',
  });

function parseQualifiers(value: string): unknown {
  const [, namespace, name] = /^configmap:([^/]+)\/([^/]+)$/.exec(value) ?? [];
  if (namespace !== undefined) return { kind: 'configMap', namespace, name };
  return value.startsWith('configmap:') ? value : { kind: 'file', path: value };
}

/** Every setting, by its place in the file. The environment variable of `serve.port` is `WAYBILL_SERVE_PORT`. */
export const settingsSchema = z.strictObject({
  home: text({ description: 'State of the local stack.', accepts: 'the path of a folder' }).default('.waybill'),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'How much is logged.').default('info'),
  otelEndpoint: pattern(/^https?:\/\/\S+$/, {
    description: 'Where traces go (OTLP over HTTP); no traces without.',
    accepts: 'an `http(s)://` address',
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  }).optional(),
  adminToken: pattern(/^\S{16,}$/, {
    description: 'Token that may write through the API. The local stack makes its own.',
    accepts: 'at least 16 characters without spaces',
    secret: true,
  }).optional(),
  cluster: pattern(dnsLabel, { description: 'Name of the cluster in workflow ids.', accepts: 'a DNS label' }).default('local'),
  kubeconfig: text({
    description: 'The cluster with the streams. Given, it replaces the local one; the Pod’s service account where neither is there.',
    accepts: 'the path of a kubeconfig file',
  }).optional(),
  prowKubeconfig: text({
    description: 'The cluster with the ProwJobs, where that is another one.',
    accepts: 'the path of a kubeconfig file',
  }).optional(),
  registry: pattern(hostAndPort, {
    description: 'OCI registry of release images; plain HTTP on loopback. Given, it replaces the local one.',
    accepts: '`host:port`',
  }).optional(),
  registryCredentials: registryCredentials.prefault({}),
  releaseNamespaces: z
    .union([z.literal('labelled'), listOf(z.string().regex(dnsLabel))])
    .meta({
      description:
        'Namespaces with release streams; `labelled` stands for every namespace with the label `waybill.dev/releases=true`, as they come and go.',
      accepts: 'names separated by commas, or `labelled`',
    })
    .default(['ocp']),
  onlySources: listOf(z.string().regex(/^[a-z0-9][-a-z0-9]*\/\S+$/))
    .meta({
      description:
        'Streams that are driven, by their source; without it every stream of the release namespaces. The others are left alone.',
      accepts: '`namespace/imagestream`, separated by commas',
    })
    .optional(),
  publishNamespaces: listOf(z.string().regex(dnsLabel))
    .meta({
      description: 'Namespaces without release streams of their own that releases may be published to; none of the release namespaces.',
      accepts: 'names separated by commas',
    })
    .default([]),
  jobNamespace: pattern(dnsLabel, { description: 'Namespace of release jobs.', accepts: 'a DNS label' }).default('ci-release'),
  graphNamespace: pattern(dnsLabel, {
    description:
      'Namespace of the Secret `release-upgrade-graph`. Without it the first of the release namespaces, where those are `labelled` the namespace of release jobs.',
    accepts: 'a DNS label',
  }).optional(),
  prowNamespace: pattern(dnsLabel, { description: 'Namespace of ProwJobs.', accepts: 'a DNS label' }).default('ci'),
  prowJobConfig: prowJobConfig.default({ kind: 'configMap', namespace: 'ci', name: 'job-config' }),
  processLegacyResults: flag(
    'Give finished releases of Stable streams that are older than ReleasePayloads theirs, at the start and every six hours.',
  ).default(false),
  releaseQualifiers: releaseQualifiers.optional(),
  architecture: choice(['amd64', 'arm64', 'ppc64le', 's390x', 'multi'], 'Architecture of the releases.').default('amd64'),
  updateServices: listOf(z.string().regex(/^https?:\/\/\S+$/))
    .meta({
      description: 'Update services that official releases are looked up in, in this order. The local stack plays one.',
      accepts: '`http(s)://` addresses separated by commas',
    })
    .default([...officialUpdateServices]),
  artSuffix: pattern(/^[-.a-z0-9]+$/, {
    description:
      'Stable releases are verified by the blocking jobs of the stream `<major>.<minor><suffix>` as well, as informing ones. Without it they are not.',
    accepts: 'the end of a name (`-art-latest`)',
  }).optional(),
  clusterGroups: clusterGroups.default([]),
  manifestListMode: flag('Keep manifest lists when release images are assembled.').default(false),
  softDeleteReleaseTags: flag(
    'Mark releases whose time is over with the annotation `release.openshift.io/soft-delete` instead of removing their tags, for somebody else to remove.',
  ).default(false),
  verificationDeadline: duration('How long a verification job may run before it counts as failed; 0 for ever.').default(72 * 3_600_000),
  creationDeadline: duration('How long the release job may run.').default(6 * 3_600_000),
  reimportInterval: duration('How often imports of input images that failed are asked for again; 0 for never.').default(10 * 60_000),
  mirrorCleanup: mirrorCleanup.prefault({}),
  reconcileMinutes: wholeNumber(1, 1_440, 'How often a waiting workflow looks again without being told to.').default(10),
  temporal: temporal.prefault({}),
  storage: storage.prefault({}),
  signingKey: signingKey.prefault({}),
  audit: audit.prefault({}),
  jira: jira.prefault({}),
  bigquery: bigquery.prefault({}),
  serve: serve.prefault({}),
  worker: worker.prefault({}),
});

/** What the processes are told, complete with defaults. Lengths of time are in milliseconds. */
export type Settings = z.output<typeof settingsSchema>;
