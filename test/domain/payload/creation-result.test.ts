import { describe, expect, it } from 'vitest';
import { creationResult, mirrorResult } from '../../../domain/payload/creation-result.ts';
import type { Job, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { completedJob, failedJob, payloadOf, tag } from './payload-builder.ts';

const withStatus = (status: Job['status']): Job => ({ ...completedJob, status: status ?? {} });
const coordinates = { name: tag, namespace: 'ci-release' };

describe('creation', () => {
  const rows: [string, Job | null, string | undefined, string, string][] = [
    [
      'payload 61: a suspended job is unknown',
      withStatus({ conditions: [{ type: 'Suspended', status: 'True' }] }),
      undefined,
      'Unknown',
      'Release creation job unknown',
    ],
    [
      'payload 62: a failed job tells reason and message',
      failedJob('BackoffLimitExceeded', 'Job has reached its limit'),
      undefined,
      'Failed',
      'BackoffLimitExceeded: Job has reached its limit',
    ],
    ['payload 64: no job is unknown', null, undefined, 'Unknown', 'Release creation job unknown'],
    [
      'the container says more than the job',
      failedJob('BackoffLimitExceeded', 'limit'),
      'error: unable to push',
      'Failed',
      'error: unable to push',
    ],
    [
      'a container that failed before does not fail a running job',
      withStatus({ active: 1, failed: 1 }),
      'error: first try',
      'Unknown',
      'Release creation job pending',
    ],
    [
      'payload 67: without a termination message the job speaks',
      failedJob('DeadlineExceeded', 'too late'),
      '',
      'Failed',
      'DeadlineExceeded: too late',
    ],
    ['payload 68: a ready pod means pending', withStatus({ ready: 1 }), undefined, 'Unknown', 'Release creation job pending'],
    ['payload 68: an active pod means pending', withStatus({ active: 1 }), undefined, 'Unknown', 'Release creation job pending'],
    ['a reason without message is not quoted', failedJob('BackoffLimitExceeded'), undefined, 'Failed', 'Release creation Job failed'],
    ['a completed job is a success', completedJob, undefined, 'Success', 'Release creation Job completed'],
  ];
  it.each(rows)('%s', (_name, job, failure, status, message) => {
    expect(creationResult(payloadOf(), job, failure)).toEqual({ coordinates, status, message });
  });

  it('payload 63: without coordinates nothing is written', () => {
    const payload: ReleasePayload = { ...payloadOf(), spec: {} };
    expect(creationResult(payload, completedJob, undefined)).toEqual({});
  });

  it.each([
    ['success', completedJob, 'Success'],
    ['failure', failedJob('BackoffLimitExceeded', 'limit'), 'Failed'],
  ])('a %s stays when the job is deleted', (_name, job, status) => {
    const result = creationResult(payloadOf(), job, undefined);
    expect(result.status).toBe(status);
    expect(creationResult(payloadOf({ status: { releaseCreationJobResult: result } }), null, undefined)).toEqual(result);
  });

  it('replaces incomplete coordinates by those of the spec', () => {
    const status = { releaseCreationJobResult: { coordinates: { name: tag }, status: 'Failed', message: 'old' } } as const;
    expect(creationResult(payloadOf({ status }), null, undefined)).toMatchObject({ coordinates, status: 'Unknown' });
  });
});

describe('mirror', () => {
  const mirrored = payloadOf({ mirrored: true });
  const where = { name: `${tag}-alternate-mirror`, namespace: 'ci-release' };

  it('is left alone where the spec names none', () => {
    expect(mirrorResult(payloadOf(), completedJob, 'no image')).toBeUndefined();
  });

  it.each([
    ['no job yet', null, undefined, 'Unknown', 'Release mirror job unknown'],
    ['a running job', withStatus({ active: 1 }), undefined, 'Unknown', 'Release mirror job pending'],
    ['a completed job', completedJob, undefined, 'Success', 'Release mirror Job completed'],
    ['a failed job', failedJob(), undefined, 'Failed', 'Release mirror Job failed'],
    ['a job that can not be made', null, 'no CLI image', 'Failed', 'no CLI image'],
    ['a job that could not be made before, but runs', withStatus({ active: 1 }), 'no CLI image', 'Unknown', 'Release mirror job pending'],
  ])('%s', (_name, job, unmakeable, status, message) => {
    expect(mirrorResult(mirrored, job, unmakeable)).toEqual({ coordinates: where, status, message });
  });
});
