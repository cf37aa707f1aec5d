import { expect, test } from 'vitest';
import { cronProblem } from '../../../domain/payload/cron.ts';

test.each([
  '0 8,20 * * *',
  '*/15 0-6 1,15 * MON-FRI',
  '30 0 8 * * ?',
  '0 0 * jan-MAR sun',
  '5/10 * * * *',
  '@daily',
  '@every 1h30m',
  'TZ=UTC 0 8 * * *',
  'CRON_TZ=America/New_York @weekly',
  '  0   8 * *  * ',
])('release-controller takes %j', (text) => {
  expect(cronProblem(text)).toBeUndefined();
});

test.each([
  ['', 'the cron text is empty'],
  ['0 8 * *', 'expected 5 or 6 fields, found 4: 0 8 * *'],
  ['0 0 8 * * * 2030', 'expected 5 or 6 fields, found 7: 0 0 8 * * * 2030'],
  ['0 8,25 * * *', 'hour "25" is above 23'],
  ['60 * * * *', 'minute "60" is above 59'],
  ['0 0 0 * *', 'day of month "0" is below 1'],
  ['0 0 * 13 *', 'month "13" is above 12'],
  ['0 0 * * 7', 'day of week "7" is above 6'],
  ['0 5-3 * * *', 'hour "5-3" ends before it begins'],
  ['0 1-2-3 * * *', 'hour "1-2-3" has more than one dash'],
  ['0 */2/3 * * *', 'hour "*/2/3" has more than one slash'],
  ['0 */0 * * *', 'hour "*/0" has a step that is no number above 0'],
  ['0 noon * * *', 'hour "noon" is neither a number nor a name'],
  ['0 -5 * * *', 'hour "-5" is neither a number nor a name'],
  ['0 8, * * *', 'hour "" is neither a number nor a name'],
  ['@fortnightly', 'there is no descriptor @fortnightly'],
  ['@every 3d', 'time: unknown unit "d" in duration "3d"'],
])('%j: %s', (text, problem) => {
  expect(cronProblem(text)).toBe(problem);
});
