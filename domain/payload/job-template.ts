import { annotation } from './annotations.ts';
import type { ImageStream, Job } from './kinds.ts';

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
}

/**
 * A job that runs the `oc` client once, with three more tries, and leaves the end of its log as the reason of a
 * failure (openshift/release-controller, cmd/release-controller/sync_release.go). There a job may hang for ever and
 * hold its stream; here it has a deadline.
 */
export function ocJob(job: OcJob): Job {
  const { name, namespace, mirror, target, deadlineSeconds } = job;
  const generation = String(target.metadata.generation ?? 0);
  const annotations = { ...backReferences(mirror), [annotation.generation]: generation };
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

/** One container `build` that runs the script. */
export function ocPod({ image, secretName, script, args }: Pick<OcJob, 'image' | 'secretName' | 'script' | 'args'>) {
  const secret = secretName !== '';
  const volumes = { volumes: [{ name: 'pull-secret', secret: { secretName } }] };
  const mounts = { volumeMounts: [{ name: 'pull-secret', mountPath: '/tmp/pull-secret' }] };
  const container = {
    name: 'build',
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
  return { serviceAccountName: 'builder', restartPolicy: 'Never', containers: [container], ...(secret && volumes) };
}

function prologue(secret: boolean): string {
  const start = 'set -eu\nmkdir -p "$XDG_RUNTIME_DIR"\n';
  if (!secret) return `${start}oc registry login\n`;
  // secret files are links into a versioned directory: copy what they point to
  return `${start}mkdir -p "$HOME/.docker"\ncp -Lf /tmp/pull-secret/* "$HOME/.docker/"\noc registry login --to "$HOME/.docker/config.json"\n`;
}
