/** A test that was run. */
export interface RanTest {
  /** path of its file from the project's folder */
  file: string;
  /** as the runner shows it, with the values of its row filled in */
  name: string;
  passed: boolean;
}

const promise = /\]\(\.\.\/(test\/[^)]+)\): ((?:“[^”]+”(?:, )?)+)/g;

/** The tests that a page of docs/ names as what holds a rule. */
export function promisedTests(page: string): { file: string; name: string }[] {
  return [...page.matchAll(promise)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
  );
}

/**
 * Promised tests that did not run, or did not pass, in a run of everything. A name with places (`%s`, `$name`) stands for the
 * tests of its rows, and the label of a row for the tests that show it; there must be one, and all must have passed.
 *
 * @returns one sentence each
 */
export function brokenPromises(page: string, ran: readonly RanTest[]): string[] {
  const byFile = Map.groupBy(ran, ({ file }) => file);
  return promisedTests(page).flatMap(({ file, name }) => {
    const pattern = patternOf(name);
    const found = (byFile.get(file) ?? []).filter((test) => pattern.test(test.name));
    if (found.length === 0) return [`docs/compatibility.md names “${name}” of ${file}, which did not run`];
    return found.every(({ passed }) => passed) ? [] : [`docs/compatibility.md names “${name}” of ${file}, which did not pass`];
  });
}

const place = /%[a-z]|\$\w+/;

function patternOf(name: string): RegExp {
  const parts = name.split(place).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(parts.join('.*'), 's');
}
