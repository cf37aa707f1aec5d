import { expect } from 'vitest';
import { readKey } from 'openpgp';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { signaturesOf } from '../../activities/signature-store.ts';
import { verifySignature } from '../../activities/signer.ts';
import { publicKeyArmored } from '../../activities/signing-key.ts';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import type { ImageStream, ProwJob, ReleasePayload } from '../../domain/payload/kinds.ts';
import { safeProwJobName } from '../../domain/payload/prow-job-name.ts';
import { defaultAggregator, type SceneConfig, type SceneEntry } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

const key = (name: string) => `release.openshift.io/${name}`;

/** What a test expects of one release that ended well. */
export interface Expected {
  scene: ReleaseScene;
  config: SceneConfig;
  /** the input ImageStream */
  source: string;
  tag: string;
  /** releases that upgrade entries start from, by entry; the others have nothing to upgrade from */
  from?: Record<string, string>;
  /** how far the clock is ahead by which it was signed */
  clockMs?: number;
}

/** One ProwJob that must exist. */
interface ExpectedRun {
  name: string;
  verify: string;
  entry: SceneEntry;
  kind: 'single' | 'analysis' | 'aggregator';
  specJob: string;
  from?: string;
}

/** Every first run that a release must have, and no other. */
export function expectedRuns({ config, tag, from = {} }: Expected): ExpectedRun[] {
  const runs = Object.entries(config.verify ?? {}).flatMap(([verify, entry]) => {
    const source = from[verify];
    if (entry.disabled === true || (entry.upgrade === true && source === undefined)) return [];
    const common = { verify, entry, ...(entry.upgrade === true && source !== undefined ? { from: source } : {}) };
    return runsOf(tag, verify, entry).map((run) => ({ ...common, ...run }));
  });
  return runs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function runsOf(tag: string, verify: string, { prowJob, aggregatedProwJob }: SceneEntry): Pick<ExpectedRun, 'name' | 'kind' | 'specJob'>[] {
  const base = `${tag}-${verify}`;
  if (aggregatedProwJob === undefined) return [{ name: safeProwJobName(base), kind: 'single', specJob: prowJob.name }];
  const analysis = Array.from({ length: aggregatedProwJob.analysisJobCount }, (_, index) => ({
    name: safeProwJobName(base, `analysis-${index}`),
    kind: 'analysis' as const,
    specJob: prowJob.name,
  }));
  const aggregator = `${verify}-${aggregatedProwJob.prowJob?.name ?? defaultAggregator}`;
  return [...analysis, { name: safeProwJobName(base, 'aggregator'), kind: 'aggregator', specJob: aggregator }];
}

/** One ProwJob per expected name and no other, each told exactly what it is for. */
export async function expectProwJobs(expected: Expected): Promise<void> {
  const { scene, tag } = expected;
  const runs = expectedRuns(expected);
  const found = (await scene.prowJobs(tag)).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  expect(found.map(({ metadata }) => metadata.name)).toEqual(runs.map(({ name }) => name));
  const repository = await publicRepository(expected);
  for (const [index, run] of runs.entries()) expect(shapeOf(found[index])).toEqual(shapeOfRun(expected, run, repository));
}

function shapeOf(job: ProwJob | undefined) {
  const [container] = job?.spec.pod_spec?.containers ?? [];
  return {
    labels: job?.metadata.labels,
    annotations: job?.metadata.annotations,
    job: job?.spec.job,
    type: job?.spec.type,
    cluster: job?.spec.cluster,
    args: container?.args,
    env: Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, name === 'JOB_START_TIME' && value !== '' ? 'now' : value]),
    ),
    state: job?.status?.state,
  };
}

function shapeOfRun(
  { scene, source, tag }: Expected,
  { entry, kind, specJob, from }: ExpectedRun,
  repository: string,
): ReturnType<typeof shapeOf> {
  const ofKind = { single: {}, analysis: { [key('analysis')]: tag }, aggregator: { [key('aggregator')]: tag } }[kind];
  const told = kind === 'aggregator' || entry.multiJobAnalysis === true;
  return {
    labels: {
      'created-by-prow': 'true',
      'prow.k8s.io/type': 'periodic',
      'prow.k8s.io/job': specJob.slice(0, 63).replace(/[-.]+$/, ''),
      'prow.k8s.io/context': '',
      'prow.k8s.io/refs.org': 'scene',
      'prow.k8s.io/refs.repo': 'release',
      'prow.k8s.io/refs.base_ref': 'main',
      'capability/rce': 'rce',
      [key('payload')]: tag,
      ...(kind === 'analysis' ? {} : { [key('verify')]: 'true' }),
      ...ofKind,
    },
    annotations: {
      'prow.k8s.io/job': specJob,
      'prow.k8s.io/context': '',
      [key('source')]: `${scene.namespace}/${source}`,
      [key('tag')]: tag,
      [key('architecture')]: 'amd64',
      ...(from === undefined ? {} : { [key('from-tag')]: from }),
    },
    job: specJob,
    type: 'periodic',
    cluster: 'build01',
    args: ['--target=test', '--multi-stage-param=RELEASE_CONTROLLER_JOB=true'],
    env: {
      PAYLOAD_TAG: told ? tag : '',
      VERIFICATION_JOB_NAME: told ? entry.prowJob.name : '',
      JOB_START_TIME: told ? 'now' : '',
      RELEASE_IMAGE_LATEST: `${repository}:${tag}`,
      RELEASE_IMAGE_INITIAL: `${repository}:${from ?? tag}`,
      OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY: 'false',
    },
    state: 'success',
  };
}

async function publicRepository({ scene, config }: Expected): Promise<string> {
  return (await scene.stream(config.to)).status?.publicDockerImageRepository ?? '';
}

/** The release tag, its mirror and its jobs carry exactly the annotations that clients and other controllers read. */
export async function expectBuilt({ scene, config, source, tag }: Expected): Promise<void> {
  const { namespace, plant } = scene;
  const repository = await publicRepository({ scene, config, source, tag });
  const { annotations, ...reference } = await scene.tag(config, tag);
  expect(tag).toMatch(new RegExp(`^${config.name.replaceAll('.', '\\.')}-\\d{4}-\\d\\d-\\d\\d-\\d{6}$`));
  expect(reference).toMatchObject({ name: tag, importPolicy: { importMode: 'PreserveOriginal' } });

  const mirrorName = `${(config['mirrorPrefix'] as string | undefined) ?? source}${tag.slice(config.name.length)}`;
  const mirror = await scene.kubernetes.get<ImageStream>(imageStreams, namespace, mirrorName);
  const hash = mirror?.metadata.annotations?.[key('hash')] ?? '';
  expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(annotations).toEqual({
    [key('name')]: config.name,
    [key('source')]: `${namespace}/${source}`,
    [key('creationTimestamp')]: creationOf(tag),
    [key('phase')]: 'Accepted',
    [key('hash')]: hash,
  });
  const back = { [key('source')]: `${namespace}/${source}`, [key('target')]: `${namespace}/${config.to}`, [key('releaseTag')]: tag };
  const numbered = { ...back, [key('generation')]: expect.stringMatching(/^\d+$/) as string };
  expect(mirror?.metadata.annotations).toEqual({ ...numbered, [key('hash')]: hash });

  const release = await scene.job(tag);
  expect(release.metadata.annotations).toMatchObject(numbered);
  const keepList = 'false';
  expect(argumentsOf(release)).toEqual([
    tag,
    mirrorName,
    namespace,
    `${repository}:${tag}`,
    (config['referenceMode'] as string | undefined) ?? '',
    keepList,
  ]);
  const alternate = config['alternateImageRepository'] as string | undefined;
  if (alternate === undefined) return;
  const copy = await scene.job(`${tag}-alternate-mirror`);
  expect(copy.metadata).toMatchObject({ namespace: plant.jobNamespace, annotations: numbered });
  expect(argumentsOf(copy)).toEqual([keepList, `${repository}:${tag}`, `${alternate}:${tag}`]);
}

/** What follows bash's script and its `$0`. */
function argumentsOf(job: { spec?: Record<string, unknown> }): string[] {
  const { template } = job.spec as { template: { spec: { containers: { command: string[] }[] } } };
  return template.spec.containers[0]?.command.slice(4) ?? [];
}

/** `…-2026-01-02-030405` as RFC 3339. */
function creationOf(tag: string): string {
  const [, day = '', hours, minutes, seconds] = /(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)$/.exec(tag) ?? [];
  return `${day}T${hours}:${minutes}:${seconds}Z`;
}

/** All six conditions in their order, and a successful result for every entry. */
export function expectAccepted(expected: Expected, payload: ReleasePayload): void {
  const mirrored =
    expected.config['alternateImageRepository'] === undefined
      ? (['Unknown', 'Unknown', ''] as const)
      : (['False', 'True', 'Release mirror Job completed'] as const);
  const [unmirrored, isMirrored, mirrorMessage] = mirrored;
  const created = 'Release creation Job completed';
  const { blockingJobResults, informingJobResults } = payload.status ?? {};
  expect(payload.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
    ['PayloadAccepted', 'True', 'ReleasePayloadAccepted', ''],
    ['PayloadCreated', 'True', 'ReleasePayloadCreated', created],
    ['PayloadFailed', 'False', 'ReleasePayloadFailed', created],
    ['PayloadMirrorFailed', unmirrored, 'ReleasePayloadMirrorFailed', mirrorMessage],
    ['PayloadMirrored', isMirrored, 'ReleasePayloadMirrored', mirrorMessage],
    // with nothing that blocks, nothing could have rejected it
    ['PayloadRejected', blockingJobResults === undefined ? 'Unknown' : 'False', 'ReleasePayloadRejected', ''],
  ]);
  const entries = Object.entries(expected.config.verify ?? {}).filter(([, { disabled }]) => disabled !== true);
  const isBlocking = ({ optional, aggregatedProwJob }: SceneEntry) => aggregatedProwJob !== undefined || optional !== true;
  const isInforming = ({ optional, aggregatedProwJob }: SceneEntry) => aggregatedProwJob !== undefined || optional === true;
  const names = (belongs: (entry: SceneEntry) => boolean) => entries.flatMap(([name, entry]) => (belongs(entry) ? [name] : [])).toSorted();
  expect((blockingJobResults ?? []).map(({ ciConfigurationName, state }) => [ciConfigurationName, state])).toEqual(
    names(isBlocking).map((name) => [name, 'Success']),
  );
  expect((informingJobResults ?? []).map(({ ciConfigurationName }) => ciConfigurationName)).toEqual(names(isInforming));
  const recorded = [...(blockingJobResults ?? []), ...(informingJobResults ?? [])].flatMap(({ results }) => results ?? []);
  const ran = recorded.filter(({ coordinates }) => coordinates?.cluster !== '').map(({ coordinates }) => coordinates?.name ?? '');
  expect(ran.toSorted()).toEqual(expectedRuns(expected).map(({ name }) => name));
}

/**
 * The audit record as it stands in the bucket: of the image that is in the registry, with exactly one signature, which
 * is good by the public key. Waits for it, since it is made after the verdict.
 */
export async function expectAudited({ scene, config, tag, source, clockMs = 0 }: Expected): Promise<AuditRecord> {
  const { store, signingKey } = scene.plant;
  const path = `audit/${scene.namespace}/${tag}.json`;
  const bytes = await scene.untilOf(tag, `audit record ${path}`, () => store.read(path));
  const record = JSON.parse(new TextDecoder().decode(bytes)) as AuditRecord;
  const location = `${await publicRepository({ scene, config, tag, source })}:${tag}`;
  const digest = await digestInRegistry(location);
  expect(record).toMatchObject({
    schemaVersion: 1,
    release: tag,
    namespace: scene.namespace,
    stream: config.name,
    digest,
    location,
    phase: 'Accepted',
  });

  const signatures = await signaturesOf(store, digest);
  expect(signatures).toEqual([{ index: 1, path: record.signature.path }]);
  const publicKey = await readKey({ armoredKey: await publicKeyArmored({ file: signingKey }) });
  const signature = (await store.read(record.signature.path)) ?? new Uint8Array();
  expect(await verifySignature(signature, [publicKey], digest, new Date(Date.now() + clockMs))).toMatchObject({ digest, location });
  return record;
}

/** @param location `host/path:tag` */
export async function digestInRegistry(location: string): Promise<string> {
  const [, host, path, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(location) ?? [];
  const response = await fetch(`http://${host}/v2/${path}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  return response.headers.get('docker-content-digest') ?? '';
}

/** Everything about a release that ended well. */
export async function expectRelease(expected: Expected): Promise<ReleasePayload> {
  const { scene, config, tag } = expected;
  const payload = await scene.phase(config, tag, 'Accepted');
  await expectBuilt(expected);
  await scene.untilOf(tag, `every run of ${tag} to end`, async () =>
    (await scene.prowJobs(tag)).every(({ status }) => status?.completionTime !== undefined),
  );
  const complete = await scene.payloadWhen(tag, 'to have every result', ({ status }) =>
    (status?.informingJobResults ?? []).every(({ state }) => state === 'Success'),
  );
  await expectProwJobs(expected);
  expectAccepted(expected, complete);
  await expectAudited(expected);
  return payload;
}
