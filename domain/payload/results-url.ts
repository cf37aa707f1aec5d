const known = 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs';

/** A job's page as stored verification results have it: without the place that most pages are at (pkg/release-controller/prowjob.go). */
export function shortResultsUrl(url: string): string {
  return url.startsWith(`${known}/`) ? url.slice(known.length) : url;
}

/** The page again. */
export function fullResultsUrl(stored: string): string {
  return stored.startsWith('/') ? known + stored : stored;
}
