import type { ObjectMeta, TagReference } from './kinds.ts';
import { cliImageContainer } from './stable-job.ts';

/** As much of a Pod as says how its containers ended. */
export interface JobPod {
  metadata: ObjectMeta;
  status?: { initContainerStatuses?: ContainerStatus[]; containerStatuses?: ContainerStatus[] };
}

export interface ContainerStatus {
  name: string;
  state?: { terminated?: { exitCode?: number; message?: string; finishedAt?: string } };
}

/** The image with the `oc` client that a release named when it was asked; undefined while no Pod has the answer. */
export function learnedCliImage(pods: readonly JobPod[]): string | undefined {
  const answers = pods
    .flatMap(({ status }) => status?.initContainerStatuses ?? [])
    .filter(({ name, state }) => name === cliImageContainer && state?.terminated?.exitCode === 0);
  return answers.map(({ state }) => state?.terminated?.message?.trim() ?? '').find((message) => message !== '');
}

/** The tag by which the other containers of the job find it in the release's mirror. */
export const cliTag = (image: string): TagReference => ({ name: 'cli', from: { kind: 'DockerImage', name: image } });
