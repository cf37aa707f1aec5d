import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureSchedule, removeSchedule, scheduleChange, type WantedSchedule } from '../../activities/schedules.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

let client: Client;
beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: testStack().temporal }) });
});
afterAll(() => client.connection.close());

const wanted = (more: Partial<WantedSchedule> = {}): WantedSchedule => ({
  id: testStack().freshName('schedule'),
  spec: { intervals: [{ every: '1 day' }] },
  workflow: 'nobody-runs-this',
  args: [{ at: 'home' }],
  summary: 'a test',
  ...more,
});
const describe = (id: string) => client.schedule.getHandle(id).describe();

test('a schedule is created once, and a second call changes what differs', async () => {
  const schedule = wanted();
  await ensureSchedule(client, schedule);
  await ensureSchedule(client, { ...schedule, spec: { cronExpressions: ['0 6 * * *'] }, args: [{ at: 'work' }] });
  const { spec, action } = await describe(schedule.id);
  expect(spec.intervals).toEqual([]);
  expect(spec.calendars?.[0]?.hour).toMatchObject([{ start: 6, end: 6 }]);
  expect(action.args).toEqual([{ at: 'work' }]);
});

test('what would be done to it is known without doing it', async () => {
  const schedule = wanted();
  expect(await scheduleChange(client, schedule)).toBe('make');
  await ensureSchedule(client, schedule);
  expect(await scheduleChange(client, schedule)).toBe('keep');
  expect(await scheduleChange(client, { ...schedule, args: [{ at: 'work' }] })).toBe('change');
  expect(await scheduleChange(client, { ...schedule, spec: { intervals: [{ every: '2 days' }] } })).toBe('change');
});

test('one that somebody paused stays paused, with the reason', async () => {
  const schedule = wanted();
  await ensureSchedule(client, schedule);
  await client.schedule.getHandle(schedule.id).pause('the registry is being moved');
  await ensureSchedule(client, schedule);
  expect((await describe(schedule.id)).state).toMatchObject({ paused: true, note: 'the registry is being moved' });
});

test('its runs are named after it, and the first can go at once', async () => {
  const schedule = wanted({ atOnce: true });
  await ensureSchedule(client, schedule);
  const [run] = await eventually('its first run', async () => {
    const { recentActions } = (await describe(schedule.id)).info;
    return recentActions.length > 0 && recentActions;
  });
  expect(run?.action.workflow.workflowId).toMatch(new RegExp(`^${schedule.id}-`));
});

test('removing one that is gone is no trouble', async () => {
  const schedule = wanted();
  await ensureSchedule(client, schedule);
  expect([await removeSchedule(client, schedule.id), await removeSchedule(client, schedule.id)]).toEqual([true, false]);
});
