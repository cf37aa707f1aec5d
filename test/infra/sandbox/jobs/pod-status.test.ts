import { describe, expect, it } from 'vitest';
import { endedStatus, runningStatus, waitingStatus } from '../../../../infra/sandbox/jobs/pod-status.ts';
import type { Pod } from '../../../../infra/sandbox/jobs/pod-status.ts';

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
