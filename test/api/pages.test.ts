import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventFeed } from '../../api/event-feed.ts';
import { html } from '../../api/pages/html.ts';
import { withLinks } from '../../api/pages/parts.ts';
import { nightly, payload, vectorCluster } from './support/fixture-cluster.ts';
import { testApp } from './support/test-app.ts';

const places = [process.env['WAYBILL_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place !== undefined && existsSync(place));

/** A rejected release with a failed, a running and an aggregated job. */
function clusterWithJobs() {
  const cluster = vectorCluster();
  const rejected = cluster.payload('ocp', nightly(2));
  const job = (name: string, state: 'Failure' | 'Pending', url: string) => ({
    ciConfigurationName: name,
    ciConfigurationJobName: `periodic-${name}`,
    state,
    results: [
      {
        coordinates: { name: `run-${name}`, namespace: 'ci', cluster: 'b' },
        startTime: '2025-01-02T01:00:00Z',
        state,
        humanProwResultsURL: url,
      },
    ],
  });
  if (rejected?.status !== undefined) {
    rejected.status.blockingJobResults = [job('aws', 'Failure', 'https://prow.example.test/1')];
    rejected.status.informingJobResults = [
      job('gcp', 'Pending', 'https://prow.example.test/2'),
      { ...job('agg', 'Pending', ''), analysisJobCount: 10 },
    ];
  }
  return cluster;
}

describe('templates', () => {
  test('escape what is put into them, and nothing twice', () => {
    const inner = html`<b>${'<i>&"\'</i>'}</b>`;
    expect(html`<p title="${'"'}">${[inner, 'x']}${undefined}${false}</p>`.text).toBe(
      '<p title="&#34;"><b>&#60;i&#62;&#38;&#34;&#39;&#60;/i&#62;</b>x</p>',
    );
  });

  test('addresses in a reason become links, and nothing else does', () => {
    expect(withLinks('job <a> failed: https://prow/1?a&b; javascript:x').text).toBe(
      'job &#60;a&#62; failed: <a href="https://prow/1?a&#38;b" rel="noreferrer">results</a>; javascript:x',
    );
  });

  test('pages carry a strict policy and no inline code', async () => {
    const cluster = vectorCluster();
    const tag = cluster.imageStream('ocp', 'release')?.spec?.tags?.[0];
    if (tag !== undefined) tag.name = '<script>alert(1)</script>';
    const { body, headers } = await testApp({ cluster }).inject('/');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(body).not.toContain('<script>');
    expect(body).not.toMatch(/ on\w+=| style=/);
    expect(body).toContain('4-stable');
  });

  test('a release that is not there is a plain 404', async () => {
    const response = await testApp().inject('/release/nope');
    expect([response.statusCode, response.headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8']);
  });
});

describe('in a browser', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** Opens a page, and fails on anything that the browser complains about. */
  async function open(skip: (why: string) => void, path: string, colorScheme: 'light' | 'dark' = 'light') {
    const [cluster, feed] = [clusterWithJobs(), new EventFeed()];
    if (browser === undefined) skip('no chromium is installed');
    const address = await testApp({ cluster, feed }).listen({ port: 0, host: '127.0.0.1' });
    const context = await (browser as Browser).newContext({ colorScheme });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${address}${path}`);
    await page.getByText('live', { exact: true }).waitFor();
    return { page, complaints, cluster, feed };
  }

  const violations = async (page: Page) =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.map(({ html: node }) => node)]);

  test.for([
    ['the streams, light', '/', 'light'],
    ['the streams, dark', '/', 'dark'],
    ['a release, light', `/release/${nightly(3)}`, 'light'],
    ['a release, dark', `/release/${nightly(2)}`, 'dark'],
  ] as const)('anybody can read %s', async ([_what, path, colorScheme], { skip }) => {
    const { page, complaints } = await open(skip, path, colorScheme);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    if (process.env['WAYBILL_SCREENSHOTS'])
      await page.screenshot({
        path: `${process.env['WAYBILL_SCREENSHOTS']}/${path.replaceAll('/', '_')}-${colorScheme}.png`,
        fullPage: true,
      });
  });

  test('a verdict shows without loading the page again, and the focus stays', async ({ skip }) => {
    const { page, cluster, feed, complaints } = await open(skip, '/');
    const row = page.locator('tr', { hasText: nightly(4) });
    expect(await row.innerText()).toContain('Ready');
    await row.getByRole('link').focus();
    cluster.releases.splice(
      cluster.releases.findIndex(({ metadata }) => metadata.name === nightly(4)),
      1,
      payload(nightly(4), 'Accepted'),
    );
    feed.note({ releases: [nightly(4)], streams: ['4.18.0-0.nightly'] });
    await row.getByText('Accepted').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe(nightly(4));
    expect(complaints).toEqual([]);
  });
});
