import { afterAll, describe, expect, it } from 'vitest';
import type { SceneConfig } from '../support/release-configs.ts';
import { startCollector } from '../support/collector.ts';
import { releasePlant } from '../support/release-plant.ts';
import { TestProcess } from '../support/test-process.ts';
import { eventually } from '../support/wait.ts';

const collector = await startCollector();
afterAll(() => collector.close());

const adminToken = 'a-token-for-this-test';
const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, WAYBILL_LOG_LEVEL: 'debug' };
const plant = releasePlant({ env });

interface Line {
  msg: string;
  workflowId?: string;
  workflow_id?: string;
  activityType?: string;
  releaseTag?: string;
  releaseNamespace?: string;
  stream?: string;
  url?: string;
}
const linesOf = (log: string): Line[] => log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));

async function server(): Promise<{ address: string; process: TestProcess }> {
  const { servers, settings, name } = plant();
  const process = new TestProcess({
    home: servers.home,
    env: { ...settings, WAYBILL_SERVE_PORT: '0', WAYBILL_ADMIN_TOKEN: adminToken },
    name: `${name}-server`,
    script: ['cli/waybill.ts', 'serve'],
    ready: 'server is listening',
  });
  await process.start();
  const [, address = ''] = /"address":"([^"]+)"/.exec(process.log()) ?? [];
  await eventually('the server to be ready', async () => (await fetch(`${address}/readyz`)).ok);
  return { address, process };
}

describe('one release, from its images to an override', () => {
  it('every line names it, and the order and the workflow that it wakes are one trace', { timeout: 240_000 }, async () => {
    const scene = await plant().scene();
    const config: SceneConfig = {
      name: `4.20.0-0.seen-${scene.id}`,
      to: 'release',
      verify: { aws: { prowJob: { name: `${scene.id}-seen` } } },
    };
    await scene.orderProwJobs([{ job: `^${scene.id}-seen$`, seconds: 3_600 }]);
    await scene.createStream(config, { source: 'art' });
    const tag = await scene.release(config);
    await scene.phase(config, tag, 'Ready');

    const { address, process } = await server();
    const path = `/api/waybill/v1/releases/${tag}/override?namespace=${scene.namespace}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` };
    const body = JSON.stringify({ override: 'Accepted', reason: 'seen' });
    const known = async () => (await fetch(`${address}/api/waybill/v1/releases/${tag}`)).ok;
    await eventually('the server to know the release', known);
    expect((await fetch(`${address}${path}`, { method: 'POST', headers, body })).status).toBe(200);
    await scene.phase(config, tag, 'Accepted');
    await scene.ended('release', tag);
    await Promise.all([process.kill('SIGTERM'), plant().worker.kill('SIGTERM')]);

    expect(unnamed(linesOf(plant().worker.log()))).toEqual([]);
    const seen = new Set(
      linesOf(plant().worker.log()).flatMap(({ workflowId, releaseTag }) => (releaseTag === tag ? [kindOf(workflowId)] : [])),
    );
    expect(seen).toEqual(new Set(['release', 'mirror', 'creation', 'verification', 'audit']));
    expect(linesOf(process.log()).filter(({ msg, url }) => msg === 'override' || url?.includes(tag))).toSatisfy(
      (lines: Line[]) => lines.length > 1 && lines.every(({ releaseTag }) => releaseTag === tag),
    );

    expect(collector.paths).toEqual(new Set(['/v1/traces']));
    const order = collector.spans.find(({ name }) => name === 'POST /api/waybill/v1/releases/:tag/override');
    expect(order).toMatchObject({
      service: 'waybill-server',
      attributes: {
        'http.route': '/api/waybill/v1/releases/:tag/override',
        'http.response.status_code': '200',
        'waybill.release.tag': tag,
        'waybill.release.namespace': scene.namespace,
      },
    });
    const trace = collector.spans.filter(({ traceId }) => traceId === order?.traceId);
    const named = (service: string) => trace.filter((span) => span.service === service).map(({ name }) => name);
    expect(named('waybill-server')).toContain('SignalWithStartWorkflow:release');
    expect(named('waybill-worker')).toContain('HandleSignal:changed');
  });
});

const kindOf = (workflowId = '') => workflowId.split('/')[0] ?? '';

/** Kinds of workflows that are about one release or stream; the others are about all of them. */
const about = new Set(['stream', 'release', 'mirror', 'creation', 'verification', 'audit', 'periodic']);

/** Lines about such a workflow, or an activity of one, that do not say which release or stream it is. */
function unnamed(lines: Line[]): Line[] {
  const found = lines.filter(({ workflowId, workflow_id }) => about.has(kindOf(workflowId ?? workflow_id)));
  expect(found.length).toBeGreaterThan(20);
  return found.filter(({ releaseNamespace, releaseTag, stream }) => releaseNamespace === undefined || (releaseTag ?? stream) === undefined);
}
