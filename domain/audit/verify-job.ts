import { annotation, label } from '../payload/annotations.ts';
import { ocPod } from '../payload/job-template.ts';
import type { Job } from '../payload/kinds.ts';

/*
 * Verify jobs: Kubernetes Jobs in which the `oc` client fetches a release image and what it names, and checks every
 * digest, before the release is signed (openshift/release-controller, cmd/release-controller/audit.go).
 */

/** Value of the label and of the annotation by which verify jobs are known. */
export const auditPurpose = 'audit';

/** ours: the whole digest that a verify job is about; its name has only the beginning */
export const digestAnnotation = 'waybill.dev/digest';

export const verifyJobSelector = `${label.purpose}=${auditPurpose}`;

const longestName = 63;

/**
 * Name of the job of one attempt. The first one has the name that release-controller gives it, the following ones a number
 * at its end, since a failed job would be found again under the same name for ever.
 *
 * @param digest `sha256:<hex>`
 * @param attempt from 1
 */
export function verifyJobName(digest: string, attempt: number): string {
  const whole = `verify-${digest.slice(digest.indexOf(':') + 1)}`;
  const suffix = attempt === 1 ? '' : `-${attempt}`;
  return `${whole.slice(0, longestName - suffix.length)}${suffix}`;
}

/** @returns which attempt of a digest's verification a job's name is; undefined for any other name */
export function verifyAttempt(digest: string, name: string): number | undefined {
  if (name === verifyJobName(digest, 1)) return 1;
  const attempt = Number(/-([1-9]\d{0,5})$/.exec(name)?.[1]);
  return attempt > 1 && name === verifyJobName(digest, attempt) ? attempt : undefined;
}

/** What one verify job is made from. */
export interface VerifyJobFacts {
  name: string;
  /** of the jobs */
  namespace: string;
  digest: string;
  /** `repository@digest`: what is verified is then what is signed, wherever the tag points meanwhile */
  pullSpec: string;
  /** with the `oc` client */
  image: string;
  /** `<namespace>/<ImageStream>` of the release's tag */
  target: string;
  tag: string;
  /** empty for none */
  pullSecretName: string;
}

export function buildVerifyJob({ name, namespace, digest, pullSpec, image, target, tag, pullSecretName }: VerifyJobFacts): Job {
  const pod = ocPod({ image, secretName: pullSecretName, script: 'oc adm release info --verify "$1"', args: [pullSpec] });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels: { [label.purpose]: auditPurpose },
      annotations: {
        [annotation.purpose]: auditPurpose,
        [annotation.target]: target,
        [annotation.releaseTag]: tag,
        [digestAnnotation]: digest,
      },
    },
    spec: {
      parallelism: 1,
      backoffLimit: 3,
      template: { spec: { ...pod, containers: pod.containers.map((container) => ({ ...container, name: 'verify' })) } },
    },
  };
}

/** `repository@digest` for an image that is known as `repository:tag`. */
export function pullSpecByDigest(location: string, digest: string): string {
  return `${location.replace(/:[^:/]+$/, '')}@${digest}`;
}

/** Whether a job verifies this digest: one that another auditor made verifies a tag, which may have moved. */
export function verifiesDigest({ metadata }: Job, digest: string): boolean {
  return metadata.annotations?.[digestAnnotation] === digest;
}

export type VerifyJobState = 'active' | 'succeeded' | 'failed';

export function verifyJobState({ status }: Job): VerifyJobState {
  if (status?.completionTime !== undefined) return 'succeeded';
  const failed = status?.conditions?.some(({ type, status: holds }) => type === 'Failed' && holds === 'True') ?? false;
  return failed ? 'failed' : 'active';
}
