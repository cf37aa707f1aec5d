import { describe, expect, test } from 'vitest';
import { LiveProgress, progressLine, progressLines } from '../../cli/progress.ts';
import type { JobView, ReleaseView } from '../../domain/payload/release-view.ts';

const counts = (succeeded: number, failed: number, pending: number) => ({
  total: succeeded + failed + pending,
  succeeded,
  failed,
  pending,
});
const failed: JobView = {
  name: 'aws',
  job: 'periodic-aws',
  kind: 'blocking',
  state: 'Failed',
  retries: 0,
  maxRetries: 0,
  url: 'https://prow/1',
  runs: [],
};

const view = (more: Partial<ReleaseView> = {}): ReleaseView => ({
  name: '4.20.0-0.nightly-2026-01-01-000000',
  namespace: 'ocp',
  stream: '4.20.0-0.nightly',
  phase: 'Ready',
  stage: 'verifying',
  pullSpec: '',
  created: '2026-01-01T00:00:00Z',
  summary: { all: counts(56, 1, 35), blocking: counts(11, 1, 8), informing: counts(45, 0, 27), upgrade: counts(0, 0, 0) },
  jobs: [failed],
  reasons: [],
  waiting: [{ for: '35 running jobs of 92', why: 'blocking: gcp, azure' }],
  nextSteps: [],
  ...more,
});
const style = { columns: 80, color: false, now: Date.parse('2026-01-01T00:02:05Z') };

describe('on a terminal', () => {
  test('stage, bar, counts, failures and what it waits for', () => {
    expect(progressLines(view(), style)).toEqual([
      '4.20.0-0.nightly-2026-01-01-000000',
      '  Ready, verifying for 2m5s',
      '  [###################...........] 57 of 92 jobs done, blocking 12 of 20, 1 fa…',
      '  failed: blocking job aws https://prow/1',
      '  waits for 35 running jobs of 92: blocking: gcp, azure',
    ]);
  });

  test('before the jobs, what the release is made from', () => {
    const none = { all: counts(0, 0, 0), blocking: counts(0, 0, 0), informing: counts(0, 0, 0), upgrade: counts(0, 0, 0) };
    const pending = view({
      phase: 'Pending',
      stage: 'images',
      summary: none,
      jobs: [],
      waiting: [],
      reasons: ['the release image is not built yet'],
    });
    expect(progressLines(pending, style).slice(1)).toEqual([
      '  Pending, taking over the input images for 2m5s',
      '  waits for the release image is not built yet',
    ]);
  });

  test.each([20, 40, 79, 200])('no line is wider than %d columns', (columns) => {
    for (const line of progressLines(view(), { ...style, columns })) expect(line.length).toBeLessThan(columns);
  });

  test('is drawn over what was there before', () => {
    let out = '';
    const live = new LiveProgress({ out: (text) => void (out += text), isTerminal: true, columns: () => 80, now: () => style.now });
    live.show(view());
    out = '';
    live.show(view({ jobs: [] }));
    expect(out.startsWith('\u001B[5A\u001B[J')).toBe(true);
    out = '';
    live.clear();
    expect(out).toBe('\u001B[4A\u001B[J');
  });
});

test('in a log, one line, and only when something is different', () => {
  let out = '';
  const live = new LiveProgress({ out: (text) => void (out += text), isTerminal: false, columns: () => 80, now: () => style.now });
  live.show(view());
  live.show(view());
  expect(out).toBe(`${progressLine(view())}\n`);
  expect(out).toBe(
    '4.20.0-0.nightly-2026-01-01-000000: Ready, verifying; 57 of 92 jobs done, blocking 12 of 20, 1 failed; waits for 35 running jobs of 92: blocking: gcp, azure\n',
  );
});
