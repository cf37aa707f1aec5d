import { isDeepStrictEqual } from 'node:util';
import { events, imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { parseScript, type Command } from '../../infra/sandbox/jobs/shell-script.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { byName } from './compare.ts';
import type { CommonNames } from './names.ts';
import { nudged } from './peer-plant.ts';

/** Everything that stands in the cluster for one scene, by kind and name, without what must differ. */
export type Snapshot = Record<string, unknown>;

interface SeenEvent extends KubernetesObject {
  type: string;
  reason: string;
  message: string;
  involvedObject: { kind: string; name: string };
}

type JobLike = KubernetesObject & { spec: { template: { spec: Record<string, unknown> } } };

/** What else of a scene is compared, by kind and name. */
export type Beside = (scene: ReleaseScene) => Promise<Record<string, unknown>>;

export async function snapshotOf(scene: ReleaseScene, names: CommonNames, beside: Beside = async () => ({})): Promise<Snapshot> {
  const { kubernetes, namespace, plant } = scene;
  const [streams, payloads, builds, runs, told] = await Promise.all([
    kubernetes.list<KubernetesObject>(imageStreams, namespace),
    kubernetes.list<KubernetesObject>(releasePayloads, namespace),
    kubernetes.list<JobLike>(jobs, plant.jobNamespace),
    kubernetes.list<Run>(prowJobs, plant.prowNamespace),
    kubernetes.list<SeenEvent>(events, namespace),
  ]);
  const ours = ({ metadata }: KubernetesObject) => metadata.annotations?.[annotation.source]?.startsWith(`${namespace}/`) === true;
  const objects: [string, unknown][] = [
    ...streams.items.filter(({ metadata }) => metadata.name !== nudged).map(streamOf),
    ...payloads.items.map((payload) => entry('ReleasePayload', payload)),
    ...builds.items.filter((job) => ours(job) || names.areIn(job.metadata.name)).map(jobOf),
    ...runs.items.filter(ours).map(runOf),
    ...told.items.map(eventOf),
    ...Object.entries(await beside(scene)),
  ];
  const text = JSON.stringify(Object.fromEntries(objects));
  names.learn(text);
  return byName(anonymous(withoutEmpty(JSON.parse(names.in(text))), scene)) as Snapshot;
}

function entry(kind: string, { metadata, apiVersion: _, kind: __, ...rest }: KubernetesObject): [string, unknown] {
  const { labels, annotations } = metadata;
  return [`${kind}/${metadata.name}`, { labels, annotations, ...rest }];
}

/** The status of a stream is written by who plays image import. */
function streamOf(stream: KubernetesObject): [string, unknown] {
  const [name, { status: _, ...rest }] = entry('ImageStream', stream) as [string, Record<string, unknown>];
  return [name, rest];
}

/** Of a Job what was asked for, not what the Job controller adds; and what its script comes to, not how it is written. */
function jobOf(job: JobLike): [string, unknown] {
  const { selector: _, template, ...spec } = job.spec as JobLike['spec'] & { selector?: unknown };
  return [`Job/${job.metadata.name}`, { annotations: job.metadata.annotations, spec, pod: withCommands(template.spec) }];
}

function withCommands(pod: Record<string, unknown>): unknown {
  const carriedOut = (containers: unknown) =>
    (containers as { command?: string[]; env?: { name: string; value?: string }[] }[] | undefined)?.map((container) => ({
      ...container,
      ...(container.command === undefined ? {} : { command: commandsOf(container.command, container.env ?? []) }),
    }));
  return { ...pod, containers: carriedOut(pod['containers']), initContainers: carriedOut(pod['initContainers']) };
}

/** Folders and files are made in other words; all that counts is what is run. */
const preparations = new Set(['set', 'mkdir', 'cp', 'awk', 'sed', 'test', '[', 'echo', 'exit']);
const isPreparation = ({ words: [program = ''], output = '' }: Command) => preparations.has(program) || output.startsWith('/tmp/');

function commandsOf(command: string[], env: { name: string; value?: string }[]): unknown {
  const [shell, flag, script = '', ...parameters] = command;
  if (!/^\/bin\/(ba)?sh$/.test(shell ?? '') || flag !== '-c') return command;
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value ?? '']));
  try {
    const run = parseScript(script, { parameters, environment }).filter((command) => !isPreparation(command));
    return { run, parameters };
  } catch {
    return { script: script.trim().split(/\s*\n\s*/), parameters };
  }
}

interface Run extends KubernetesObject {
  spec: { job: string };
  status?: { state?: string };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Prow's status is played; only its state counts. A periodic's name is drawn by lot. */
function runOf(run: Run): [string, unknown] {
  const [name, { status: _, ...rest }] = entry('ProwJob', run) as [string, Record<string, unknown>];
  return [uuid.test(run.metadata.name) ? `ProwJob/<uuid> of ${run.spec.job}` : name, { ...rest, state: run.status?.state }];
}

/** How often something was said does not count. */
function eventOf({ type, reason, message, involvedObject }: SeenEvent): [string, unknown] {
  return [`Event/${involvedObject.kind}/${involvedObject.name}: ${reason}: ${message}`, type];
}

/** What OpenShift takes a tag's policy for that says nothing. */
const defaults: Record<string, unknown> = { referencePolicy: { type: 'Source' }, importPolicy: { importMode: 'Legacy' } };

/** Go writes an empty value where we write none, and reads both alike. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, member]) => {
    const rest = withoutEmpty(member);
    return isEmpty(rest) || isDeepStrictEqual(rest, defaults[key]) ? [] : [[key, rest] as const];
  });
  return Object.fromEntries(kept);
}

const isEmpty = (value: unknown) =>
  value === null || value === '' || value === false || value === 0 || (typeof value === 'object' && Object.keys(value).length === 0);

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Without times, build ids and addresses. */
function anonymous(value: unknown, scene: ReleaseScene): unknown {
  if (typeof value === 'string') return plain(value, scene);
  if (Array.isArray(value)) return value.map((member) => anonymous(member, scene));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [plain(key, scene), anonymous(member, scene)]));
}

function plain(text: string, { plant }: ReleaseScene): string {
  if (time.test(text)) return '<time>';
  return text.replaceAll(plant.servers.env['WAYBILL_REGISTRY'] ?? '', '<registry>').replaceAll(/\b\d{19}\b/g, '<build>');
}
