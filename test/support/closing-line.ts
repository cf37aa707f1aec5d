import { readFileSync, writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';
import { brokenPromises } from './promised-tests.ts';

/**
 * Ends the run with one plain line, `N passed, N failed, N skipped`, after why tests were skipped. What failed before
 * the tests (WAYBILL_FAILED_CHECKS: names, separated by commas) counts as failed, and so does, when everything was to run
 * (WAYBILL_FULL_RUN), a test that docs/compatibility.md names and that did not.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const checks = (process.env['WAYBILL_FAILED_CHECKS'] ?? '').split(',').filter((name) => name !== '');
    const cases = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => cases.filter((test) => test.result().state === state);
    const unloadable = modules.filter((module) => module.errors().length > 0).length;
    const promises = process.env['WAYBILL_FULL_RUN'] === undefined ? [] : brokenPromises(compatibility(), cases.map(asRun));
    const failed = inState('failed').length + unloadable + errors.length + checks.length + promises.length;

    const shaky = cases.filter((test) => test.diagnostic()?.flaky === true).map((test) => `passed on the second try: ${test.fullName}`);
    const lines = [...whySkipped(inState('skipped')), ...shaky, ...checks.map((name) => `check failed: ${name}`), ...promises];
    if (reason === 'interrupted') lines.push('interrupted');
    lines.push(`${inState('passed').length} passed, ${failed} failed, ${inState('skipped').length} skipped`);
    process.once('exit', (code) => {
      if (code === 0 && failed > 0) process.exitCode = 1;
      close(`${lines.join('\n')}\n`);
    });
  }
}

const compatibility = () => readFileSync('docs/compatibility.md', 'utf8');

const asRun = (test: TestCase) => ({ file: test.module.relativeModuleId, name: test.name, passed: test.result().state === 'passed' });

/** `npm test` prints it when everything else is said; on its own, the run prints it as it leaves. */
function close(lines: string): void {
  const file = process.env['WAYBILL_CLOSING_LINE_FILE'];
  if (file === undefined) process.stdout.write(lines);
  else writeFileSync(file, lines);
}

function whySkipped(skipped: readonly TestCase[]): string[] {
  const reasons = new Map<string, number>();
  for (const test of skipped) {
    const result = test.result();
    const note = result.state === 'skipped' ? result.note : undefined;
    // `skipIf` takes no reason; the file says it.
    const why = note ?? `see ${test.module.relativeModuleId}`;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  return [...reasons].map(([why, count]) => `${count} skipped: ${why}`);
}
