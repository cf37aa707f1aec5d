import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullResultsUrl, shortResultsUrl } from '../../../domain/payload/results-url.ts';

const known = 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs';
const path = '/periodic-ci-openshift-release-master-ci-4.12-e2e-aws/1577136560346525696';

test.each([
  [`${known}${path}`, path],
  [`https://prow.ci.openshift.org/view/gs/other-bucket/logs${path}`, `https://prow.ci.openshift.org/view/gs/other-bucket/logs${path}`],
  ['garbage', 'garbage'],
])('core 95: %s is stored as %s', (url, stored) => expect(shortResultsUrl(url)).toBe(stored));

test.each([
  [path, `${known}${path}`],
  [`${known}${path}`, `${known}${path}`],
  ['garbage', 'garbage'],
])('core 96: %s is shown as %s', (stored, url) => expect(fullResultsUrl(stored)).toBe(url));

test('what was shortened comes back', () => {
  fc.assert(
    fc.property(
      fc.webPath().map((path) => `https://prow.example${path}`),
      (url) => fullResultsUrl(shortResultsUrl(url)) === url,
    ),
  );
}, 30_000);
