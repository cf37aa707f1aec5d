import { describe, expect, it } from 'vitest';
import { endedStatus, initStatus, nextInitContainer, runningStatus, waitingStatus } from '../../../../infra/sandbox/jobs/pod-status.ts';
import type { Pod, PodStatus } from '../../../../infra/sandbox/jobs/pod-status.ts';

const now = '2026-11-24T01:00:00Z';
const pod = (policy = 'FallbackToLogsOnError'): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'build', image: 'q/cli', terminationMessagePolicy: policy }] },
  status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] },
});

describe('the status of a Pod', () => {
  it('is running and ready, beside what the scheduler wrote', () => {
    const status = runningStatus(pod(), now);
    expect(status.phase).toBe('Running');
    expect(status.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'PodScheduled=True',
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'ContainersReady=True',
      'Ready=True',
    ]);
  });

  it('waits for an image that is not there', () => {
    expect(waitingStatus(pod(), 'manifest unknown', now)).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ ready: false, state: { waiting: { reason: 'ErrImagePull', message: 'manifest unknown' } } }],
    });
  });

  it('has the end of the log as message of a failure', () => {
    const { phase, containerStatuses } = endedStatus(pod(), [{ exitCode: 1, log: `${'x'.repeat(5000)}error: no` }], now);
    expect(phase).toBe('Failed');
    expect(containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(containerStatuses?.[0]?.state.terminated?.message).toMatch(/^x+error: no$/);
    expect(containerStatuses?.[0]?.state.terminated?.message).toHaveLength(2048);
  });

  it.each([
    ['of a success', pod(), 0],
    ['where the container wants only its file', pod('File'), 1],
  ])('has no message %s', (_, of, exitCode) => {
    const { containerStatuses } = endedStatus(of, [{ exitCode, log: 'text' }], now);
    expect(containerStatuses?.[0]?.state.terminated).not.toHaveProperty('message');
  });
});

describe('init containers', () => {
  const withInits = (status?: PodStatus): Pod => ({
    metadata: { name: 'p' },
    spec: {
      initContainers: [
        { name: 'image-cli', image: 'q/release', terminationMessagePolicy: 'File' },
        { name: 'mirror', image: 'q/cli' },
      ],
      containers: [{ name: 'build', image: 'q/cli' }],
    },
    ...(status === undefined ? {} : { status }),
  });
  const [first, second] = withInits().spec.initContainers!;
  const states = ({ initContainerStatuses = [] }: PodStatus) =>
    initContainerStatuses.map(({ name, state }) => [name, Object.keys(state)[0]]);

  it('have their turn one after the other', () => {
    expect(nextInitContainer(withInits())).toMatchObject({ name: 'image-cli' });
    const afterFirst = initStatus(withInits(), first!, { exitCode: 0, log: '', termination: 'q/cli@sha256:1' }, now);
    expect(states(afterFirst)).toEqual([
      ['image-cli', 'terminated'],
      ['mirror', 'waiting'],
    ]);
    expect(afterFirst).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ state: { terminated: { exitCode: 0, message: 'q/cli@sha256:1' } } }, {}],
      containerStatuses: [{ name: 'build', state: { waiting: { reason: 'PodInitializing' } } }],
    });
    expect(nextInitContainer(withInits(afterFirst))).toMatchObject({ name: 'mirror' });
    const missing = initStatus(withInits(afterFirst), second!, { message: 'manifest unknown' }, now);
    expect(states(missing)).toEqual([
      ['image-cli', 'terminated'],
      ['mirror', 'waiting'],
    ]);
    const afterSecond = initStatus(withInits(missing), second!, { exitCode: 0, log: '' }, now);
    expect(nextInitContainer(withInits(afterSecond))).toBeUndefined();
    expect(nextInitContainer(pod())).toBeUndefined();
  });

  it('that fail end the Pod', () => {
    expect(initStatus(withInits(), first!, { exitCode: 3, log: 'error' }, now)).toMatchObject({
      phase: 'Failed',
      initContainerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }, {}],
    });
  });
});
