import { describe, expect, test } from 'vitest';
import { subjectOfInput, subjectOfWorkflow, workflowIds } from '../../workflows/ids.ts';

const release = { releaseNamespace: 'ocp', releaseTag: '4.20.0' };

describe('what a log line is about', () => {
  test.each([
    [workflowIds.release('ocp', '4.20.0'), release],
    [workflowIds.creation('ocp', '4.20.0'), release],
    [workflowIds.verification('ocp', '4.20.0'), release],
    [workflowIds.stream('ocp', '4.20-art'), { releaseNamespace: 'ocp', stream: '4.20-art' }],
    [`${workflowIds.periodic('ocp', '4.20-art', 'soak')}-2026-01-01T00:00:00Z`, { releaseNamespace: 'ocp', stream: '4.20-art' }],
    [workflowIds.mirror('ocp', '4.20-2026'), { releaseNamespace: 'ocp' }],
    [workflowIds.watch('local', 'jobs'), {}],
    ['audit/sha256:00', {}],
    ['limiter/audit', {}],
    ['', {}],
  ])('by the workflow id %s', (workflowId, subject) => {
    expect(subjectOfWorkflow(workflowId)).toEqual(subject);
  });

  test.each([
    [{ namespace: 'ocp', tag: '4.20.0', target: 'release' }, release],
    [{ namespace: 'ocp', name: '4.20-art' }, {}],
    [undefined, {}],
    ['text', {}],
    [null, {}],
  ])('by what an activity is given: %j', (input, subject) => {
    expect(subjectOfInput(input)).toEqual(subject);
  });
});
