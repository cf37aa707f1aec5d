import { expect, it } from 'vitest';
import { cliTag, learnedCliImage, type ContainerStatus, type JobPod } from '../../../domain/payload/learned-cli-image.ts';

const pod = (...initContainerStatuses: ContainerStatus[]): JobPod => ({ metadata: { name: 'p' }, status: { initContainerStatuses } });
const ended = (message?: string, exitCode = 0, name = 'image-cli'): ContainerStatus => ({
  name,
  state: { terminated: { exitCode, ...(message === undefined ? {} : { message }) } },
});

it.each<[string, JobPod[], string | undefined]>([
  ['the answer', [pod(ended('quay.example/cli@sha256:1\n'))], 'quay.example/cli@sha256:1'],
  ['the first answer of several Pods', [pod(), pod(ended('a')), pod(ended('b'))], 'a'],
  ['nothing while it runs', [pod({ name: 'image-cli', state: {} })], undefined],
  ['nothing when it failed', [pod(ended('error: x', 1))], undefined],
  ['nothing when it said nothing', [pod(ended(''), ended(' \n'), ended())], undefined],
  ['nothing of another container', [pod(ended('a', 0, 'mirror'))], undefined],
  ['nothing of no Pod', [], undefined],
])('%s', (_name, pods, image) => {
  expect(learnedCliImage(pods)).toBe(image);
});

it('the answer becomes the tag cli', () => {
  expect(cliTag('quay.example/cli@sha256:1')).toEqual({ name: 'cli', from: { kind: 'DockerImage', name: 'quay.example/cli@sha256:1' } });
});
