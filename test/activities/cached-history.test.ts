import { describe, expect, it } from 'vitest';
import { cachedHistory } from '../../activities/cached-history.ts';
import type { AskedJob } from '../../domain/payload/history-interval.ts';
import type { HistoryRun } from '../../domain/payload/job-history.ts';

const minute = 60_000;
const stream = { namespace: 'ocp', stream: '4.20' };

/** A cached history whose answers have their number, and a clock to turn. */
function scene({ life = 10 * minute, down = [] as number[] } = {}) {
  let [asked, clock] = [0, 0];
  const source = {
    async runsOf(): Promise<Record<string, HistoryRun[]>> {
      asked += 1;
      const number = asked;
      if (down.includes(number)) throw new Error('BigQuery is down');
      return { aws: [{ succeeded: true, completedAt: String(number) }] };
    },
  };
  const history = cachedHistory(source, life, () => clock);
  const runsOf = (...jobs: (string | AskedJob)[]) =>
    history.runsOf(
      stream,
      jobs.map((job) => (typeof job === 'string' ? { job } : job)),
      clock,
    );
  const answer = async (...jobs: (string | AskedJob)[]) => Number((await runsOf(...jobs))['aws']?.[0]?.completedAt);
  return { runsOf, answer, asked: () => asked, pass: (ms: number) => void (clock += ms) };
}

describe('an answer', () => {
  it('audit 65: holds for the same jobs, in any order', async () => {
    const { answer, pass } = scene();
    expect(await answer('aws', 'gcp')).toBe(1);
    pass(10 * minute - 1);
    expect(await answer('gcp', 'aws')).toBe(1);
  });

  it('audit 66: holds for its time, and no longer', async () => {
    const { answer, pass } = scene();
    await answer('aws');
    pass(10 * minute);
    expect(await answer('aws')).toBe(2);
  });

  it('audit 67: that failed does not hold', async () => {
    const { answer } = scene({ down: [1] });
    await expect(answer('aws')).rejects.toThrow('BigQuery is down');
    expect(await answer('aws')).toBe(2);
  });

  it('audit 68: is not one about other jobs or other intervals', async () => {
    const { answer } = scene();
    const numbers = [
      await answer('aws'),
      await answer('gcp'),
      await answer({ job: 'aws', interval: '2 DAY' }),
      await answer({ job: 'aws', interval: '7 DAY' }),
      await answer('aws'),
    ];
    expect(numbers).toEqual([1, 2, 3, 4, 1]);
  });

  it('is everybody’s own', async () => {
    const { runsOf } = scene();
    (await runsOf('aws'))['aws']?.pop();
    expect((await runsOf('aws'))['aws']).toHaveLength(1);
  });

  it('is never kept when its time is 0', async () => {
    const { answer } = scene({ life: 0 });
    expect([await answer('aws'), await answer('aws')]).toEqual([1, 2]);
  });
});

describe('who asks at once', () => {
  it('shares a question, and each gets a copy', async () => {
    const { runsOf, asked } = scene();
    const [one, other] = await Promise.all([runsOf('aws'), runsOf('aws')]);
    expect(asked()).toBe(1);
    expect(one).toEqual(other);
    expect(one['aws']).not.toBe(other['aws']);
  });

  it('shares its failure too, with nobody who asks later', async () => {
    const { answer, asked } = scene({ down: [1] });
    const both = await Promise.allSettled([answer('aws'), answer('aws')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(asked()).toBe(1);
    expect(await answer('aws')).toBe(2);
  });
});
