import { expect, it } from 'vitest';
import { abortedMessage, buildFailure } from '../../../domain/payload/build-failure.ts';

it('says of a failed release job what release-controller says', () =>
  expect(buildFailure('BackoffLimitExceeded: oc exited with 1')).toEqual({
    reason: 'CreateReleaseFailed',
    message: 'Could not create the release image',
  }));

it('keeps the words of a release that gave way', () =>
  expect(buildFailure(abortedMessage)).toEqual({ reason: 'Aborted', message: abortedMessage }));
