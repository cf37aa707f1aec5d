import { annotation } from './annotations.ts';
import type { Container, ImageStream, Job } from './kinds.ts';

/** What the jobs that build or copy a payload differ in. */
export interface OcJob {
  name: string;
  namespace: string;
  /** container image with the `oc` client */
  image: string;
  /** secret with a registry `config.json`; empty for none */
  secretName: string;
  /** lines of bash after the registry login; `$1`… are the arguments */
  script: string;
  args: string[];
  /** after this long the job fails, whatever it does; 0 for never */
  deadlineSeconds: number;
  /** the release's mirror, whose back-references the job takes over */
  mirror: ImageStream;
  target: ImageStream;
  /** what the job is made for, where that is not the target as it stands */
  generation?: number;
  /** run before it, one after the other */
  initContainers?: Container[];
}

/**
 * A job that runs the `oc` client once, with three more tries, and leaves the end of its log as the reason of a
 * failure (openshift/release-controller, cmd/release-controller/sync_release.go). There a job may hang for ever and
 * hold its stream; here it has a deadline.
 */
export function ocJob(job: OcJob): Job {
  const { name, namespace, mirror, target, deadlineSeconds } = job;
  const generation = job.generation ?? target.metadata.generation ?? 0;
  const annotations = { ...backReferences(mirror), [annotation.generation]: String(generation) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, annotations },
    spec: {
      parallelism: 1,
      backoffLimit: 3,
      ...(deadlineSeconds > 0 && { activeDeadlineSeconds: deadlineSeconds }),
      template: { spec: ocPod(job) },
    },
  };
}

function backReferences({ metadata }: ImageStream): Record<string, string> {
  const keys = [annotation.source, annotation.target, annotation.releaseTag];
  return Object.fromEntries(keys.map((key) => [key, metadata.annotations?.[key] ?? '']));
}

/** A container `build` that runs the script, after those that prepare it. */
export function ocPod(job: Pick<OcJob, 'image' | 'secretName' | 'script' | 'args' | 'initContainers'>) {
  const { secretName, initContainers } = job;
  const volumes = { volumes: [{ name: 'pull-secret', secret: { secretName } }] };
  return {
    serviceAccountName: 'builder',
    restartPolicy: 'Never',
    ...(initContainers !== undefined && { initContainers }),
    containers: [ocContainer('build', job)],
    ...(secretName !== '' && volumes),
  };
}

/** A container that signs in to the registries and runs a script with `oc`. */
export function ocContainer(name: string, { image, secretName, script, args }: Pick<OcJob, 'image' | 'secretName' | 'script' | 'args'>) {
  const secret = secretName !== '';
  const mounts = { volumeMounts: [{ name: 'pull-secret', mountPath: '/tmp/pull-secret' }] };
  return {
    name,
    image,
    imagePullPolicy: 'Always',
    terminationMessagePolicy: 'FallbackToLogsOnError',
    env: [
      { name: 'HOME', value: '/tmp' },
      { name: 'XDG_RUNTIME_DIR', value: '/tmp/run' },
    ],
    // the empty text is bash's $0
    command: ['/bin/bash', '-c', `${prologue(secret)}${script}\n`, '', ...args],
    ...(secret && mounts),
  };
}

function prologue(secret: boolean): string {
  const start = 'set -eu\nmkdir -p "$XDG_RUNTIME_DIR"\n';
  if (!secret) return `${start}oc registry login\n`;
  // secret files are links into a versioned directory: copy what they point to
  return `${start}mkdir -p "$HOME/.docker"\ncp -Lf /tmp/pull-secret/* "$HOME/.docker/"\noc registry login --to "$HOME/.docker/config.json"\n`;
}
