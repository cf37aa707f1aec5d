import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { KubernetesClient, type KubernetesObject } from '../../activities/kubernetes/client.ts';
import { jobs, leases, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import type { LeaseSpec } from '../../domain/operations/cluster-lease.ts';
import { installCrds } from '../../infra/crds/install.ts';
import { startStack, type LocalStack } from '../../infra/local/stack.ts';
import { loadSettings } from '../../infra/settings/settings.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { Gate } from '../support/gate.ts';
import { ObjectLog } from '../support/object-log.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { digestInRegistry, expectAudited, expectProwJobs } from '../support/release-expectations.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { eventually } from '../support/wait.ts';

/* A stack of its own, since its servers go down while other tests need theirs. */

const timeout = 120_000;
const outageSeconds = 60;
const home = mkdtempSync(join(tmpdir(), 'waybill-test-'));
let stack: LocalStack;
let plant: ReleasePlant;
let registry: Gate;
let storage: Gate;

beforeAll(async () => {
  stack = await startStack({ home, settings: loadSettings({}), log: () => undefined, usualPorts: false });
  const { temporal, kubeconfig, registry: registryAddress, storageUrl, storageEndpoint = '' } = stack.addresses;
  registry = new Gate(Number(registryAddress.split(':')[1]));
  storage = new Gate(Number(new URL(storageEndpoint).port));
  await Promise.all([registry.open(), storage.open()]);
  const kubernetes = KubernetesClient.connect(kubeconfig);
  await installCrds(kubernetes);
  const env = {
    WAYBILL_HOME: home,
    WAYBILL_TEMPORAL_ADDRESS: temporal,
    WAYBILL_KUBECONFIG: kubeconfig,
    WAYBILL_REGISTRY: registry.address,
    WAYBILL_STORAGE_URL: storageUrl,
    WAYBILL_STORAGE_ENDPOINT: `http://${storage.address}`,
  };
  plant = await buildPlant('outages', { home, kubernetes, env });
  await plant.start();
}, timeout);

afterEach(() => Promise.all([registry.open(), storage.open()]));
afterAll(async () => {
  await plant?.stop();
  await stack?.stop();
  await Promise.all([registry?.shut(), storage?.shut()]);
  rmSync(home, { recursive: true, force: true });
}, timeout);

const configOf = (scene: ReleaseScene): SceneConfig => ({
  name: `4.20.0-0.${scene.id}`,
  to: 'release',
  verify: {
    aws: { maxRetries: 1, prowJob: { name: `${scene.id}-aws` } },
    gcp: { optional: true, prowJob: { name: `${scene.id}-gcp` } },
    agg: { prowJob: { name: `${scene.id}-agg` }, aggregatedProwJob: { analysisJobCount: 10 } },
  },
});

it('without storage the audit waits and says so, and signs when storage is back', { timeout }, async () => {
  const scene = await plant.scene();
  const config = configOf(scene);
  await storage.shut();
  await scene.createStream(config);
  const tag = await scene.release(config);
  await scene.phase(config, tag, 'Accepted');

  const digest = await digestInRegistry(`${registry.address}/${scene.namespace}/${config.to}:${tag}`);
  const told = await scene.until('the audit to tell of its trouble', async () =>
    (await scene.waiting(auditWorkflowId(digest))).find(({ why }) => why.includes('ECONNREFUSED')),
  );
  expect(told).toMatchObject({ for: 'the signature', until: expect.any(String) as string });

  await storage.open();
  await expectAudited({ scene, config, source: config.name, tag });
});

it('without a registry the release job does not end, and the release goes on when the registry is back', { timeout }, async () => {
  const scene = await plant.scene();
  const config = configOf(scene);
  await registry.shut();
  await scene.createStream(config);
  const tag = await scene.release(config);
  await scene.waitingFor('creation', tag, 'Release creation job pending');

  await registry.open();
  await scene.phase(config, tag, 'Accepted');
  await expectAudited({ scene, config, source: config.name, tag });
});

it(
  'an API server that restarts, while a release is built and while it is verified, loses nothing and doubles nothing',
  { timeout },
  async () => {
    const scene = await plant.scene();
    const config = configOf(scene);
    const log = await followed(scene);
    await scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: 1 }]);
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: 2 }]);

    await scene.createStream(config);
    const tag = await scene.release(config);
    await restartApiServer(scene);
    await scene.phase(config, tag, 'Ready');
    await restartApiServer(scene);
    await expectOnce(scene, config, tag, log);
  },
);

/*
 * Away for longer than anything waits for it: requests (30 s), a worker's right to write (45 s). A minute is like an hour.
 */
it(
  'an API server that answers nobody until no worker may write, while one release is built and another is verified, loses nothing and doubles nothing',
  { timeout: timeout + outageSeconds * 1_000 },
  async () => {
    const [building, verified] = [await plant.scene(), await plant.scene()];
    const begin = async (scene: ReleaseScene, seconds: { build: number; verify: number }) => {
      const config = configOf(scene);
      const log = await followed(scene);
      await scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: seconds.build }]);
      await scene.orderProwJobs([{ job: `^${scene.id}-`, seconds: seconds.verify }]);
      await scene.createStream(config);
      return { config, log, tag: await scene.release(config) };
    };
    const second = await begin(verified, { build: 0, verify: 3 });
    await verified.until('its runs', async () => (await verified.prowJobs(second.tag)).length > 0);
    const first = await begin(building, { build: 5, verify: 0 });
    await building.until('its build', async () => (await building.job(first.tag)).status?.active === 1);

    const { spec } =
      (await plant.servers.kubernetes.get<KubernetesObject & { spec: LeaseSpec }>(leases, plant.jobNamespace, 'waybill')) ?? {};
    const renewed = Date.parse(spec?.renewTime ?? '');
    const server = stack.servers.find(({ name }) => name === 'kube-apiserver')?.pid ?? 0;
    process.kill(server, 'SIGSTOP');
    // one that is stopped for ever would keep the tests from ending
    onTestFinished(() => void process.kill(server, 'SIGCONT'));
    await eventually('the lease to have run out', () => Date.now() > renewed + outageSeconds * 1_000, outageSeconds * 2_000);
    expect(plant.worker.log()).toContain('was not renewed');
    process.kill(server, 'SIGCONT');

    await expectOnce(building, first.config, first.tag, first.log);
    await expectOnce(verified, second.config, second.tag, second.log);
  },
);

/** Sees every object of a release that is made from now on. */
async function followed(scene: ReleaseScene): Promise<ObjectLog> {
  const log = new ObjectLog(scene.kubernetes);
  await Promise.all([
    log.follow(jobs, plant.jobNamespace),
    log.follow(prowJobs, plant.prowNamespace),
    log.follow(releasePayloads, scene.namespace),
  ]);
  return log;
}

/** It is accepted and signed, and nothing of it was made twice. */
async function expectOnce(scene: ReleaseScene, config: SceneConfig, tag: string, log: ObjectLog): Promise<void> {
  const expected = { scene, config, source: config.name, tag };
  await scene.phase(config, tag, 'Accepted');
  await scene.payloadWhen(tag, 'to have every result', ({ status }) =>
    (status?.informingJobResults ?? []).every(({ state }) => state === 'Success'),
  );
  await expectProwJobs(expected);
  await expectAudited(expected);
  await scene.until('the log to show the job', async () => log.names('Job').includes(tag));
  log.stop();
  expect([...log.repeated(), ...log.deleted]).toEqual([]);
}

async function restartApiServer(scene: ReleaseScene): Promise<void> {
  const server = stack.servers.find(({ name }) => name === 'kube-apiserver');
  const before = server?.pid;
  process.kill(before ?? 0, 'SIGKILL');
  await scene.until('the API server to be another process', async () => server?.pid !== undefined && server.pid !== before);
  await scene.until('the API server to be ready', async () => (await scene.kubernetes.raw('/readyz')) === 'ok');
}
