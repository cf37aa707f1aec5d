import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { startStack, type LocalStack } from '../../infra/local/stack.ts';
import { loadSettings } from '../../infra/settings/settings.ts';
import { ObjectLog } from '../support/object-log.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectRelease } from '../support/release-expectations.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

/* A Temporal of its own, since it goes down while other tests need theirs. */

const home = mkdtempSync(join(tmpdir(), 'waybill-test-'));
/** Longer than calls to Temporal are waited for, which is half a minute. */
const outageSeconds = 60;
let temporal: LocalStack;
let plant: ReleasePlant;

beforeAll(async () => {
  const { WAYBILL_TEMPORAL_ADDRESS: _, ...env } = testStack().env();
  temporal = await startStack({ home, settings: loadSettings(env), log: () => undefined, usualPorts: false });
  const kubernetes = testStack().kubernetes;
  const servers = { home, kubernetes, env: { ...env, WAYBILL_HOME: home, WAYBILL_TEMPORAL_ADDRESS: temporal.addresses.temporal } };
  plant = await buildPlant(testStack().freshName('away'), servers, { scenes: 2 });
  await plant.start();
}, 120_000);
afterAll(async () => {
  await plant?.stop();
  await temporal?.stop();
  rmSync(home, { recursive: true, force: true });
}, 120_000);

it(
  'a Temporal that answers nobody, and then restarts, while one release is built and another is verified, loses nothing and doubles nothing',
  { timeout: 180_000 + outageSeconds * 1_000 },
  async () => {
    const [building, verified] = [await plant.scene(), await plant.scene()];
    const log = new ObjectLog(plant.servers.kubernetes);
    await Promise.all([
      log.follow(jobs, plant.jobNamespace),
      log.follow(prowJobs, plant.prowNamespace),
      ...plant.namespaces.map((namespace) => log.follow(releasePayloads, namespace)),
    ]);
    const configOf = ({ id }: { id: string }): SceneConfig => ({
      name: `4.20.0-0.${id}`,
      to: 'release',
      verify: {
        aws: { maxRetries: 1, prowJob: { name: `${id}-aws` } },
        gcp: { optional: true, prowJob: { name: `${id}-gcp` } },
        agg: { prowJob: { name: `${id}-agg` }, aggregatedProwJob: { analysisJobCount: 3 } },
      },
    });
    const [first, second] = [configOf(building), configOf(verified)];
    await building.orderReleaseJobs([{ job: `^${first.name}-`, seconds: 8 }]);
    await verified.orderProwJobs([{ job: `^${verified.id}-`, seconds: 8 }]);
    await verified.createStream(second);
    const runs = await verified.release(second);
    await verified.waitingFor('verification', runs, 'running jobs');
    await building.createStream(first);
    const built = await building.release(first);
    await building.waitingFor('creation', built, 'Release creation job pending');

    const server = temporal.servers.find(({ name }) => name === 'temporal');
    const before = server?.pid ?? 0;
    const begun = Date.now();
    process.kill(before, 'SIGSTOP');
    onTestFinished(() => void (server?.pid === before && process.kill(before, 'SIGCONT')));
    // Everything that is waited for has happened, and nobody could be told.
    const ended = async () =>
      (await building.job(built)).status?.completionTime !== undefined &&
      (await verified.prowJobs(runs)).every(({ status }) => status?.completionTime !== undefined);
    await eventually('jobs to end', ended);
    const unheard = (scene: ReleaseScene) => plant.worker.log().match(new RegExp(`could not wake \\w+ of ${scene.namespace}/`)) !== null;
    await eventually('the worker to have given up calls', () => unheard(building) && unheard(verified), 90_000);
    await eventually('the end of the outage', () => Date.now() > begun + outageSeconds * 1_000, outageSeconds * 1_000 + 1_000);
    process.kill(before, 'SIGKILL');
    await eventually('another Temporal', () => server?.pid !== undefined && server.pid !== before);

    await expectRelease({ scene: building, config: first, source: first.name, tag: built });
    await expectRelease({ scene: verified, config: second, source: second.name, tag: runs });
    log.stop();
    expect([...log.repeated(), ...log.deleted]).toEqual([]);
  },
);
