import { expect, onTestFinished, test } from 'vitest';
import { buildActivities } from '../../../activities/kubernetes/build-activities.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { Rules } from '../../../infra/sandbox/orders/rules.ts';
import { playUpdateService } from '../../../infra/sandbox/update-service/update-service.ts';
import { giveOrders } from '../../infra/sandbox/played.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';
import { jobDone, noon, noonTag, releaseCluster } from './release-cluster.ts';

const log = { info: () => undefined, warn: () => undefined };

/** An update service that knows one release of a channel of its own. */
async function updateService(version: string, payload: string): Promise<{ url: string; channel: string }> {
  const stack = testStack();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const rules = new Rules({ client: stack.kubernetes, signal: stop.signal, log });
  await rules.start();
  const channel = stack.freshName('stable');
  await giveOrders(stack, 'update-releases', [{ version, payload, channels: [`${channel}-4.19`] }]);
  const url = await playUpdateService({ rules, port: 0, signal: stop.signal, log });
  await eventually('the orders', async () => (await (await fetch(`${url}?channel=${channel}-4.19`)).text()).includes(version));
  return { url, channel };
}

test('core P4: a job that upgrades from an official release is told its tag and its pull spec, each in its place', async () => {
  const payload = 'quay.io/openshift-release-dev/ocp-release@sha256:0123';
  const { url, channel } = await updateService('4.19.12', payload);
  const cluster = await releaseCluster({ updateServices: ['http://127.0.0.1:1/graph', url] });
  await cluster.define('e2e-upgrade');
  const upgradeFromRelease = { release: { version: '4.19', channel } };
  await cluster.source({ verify: { up: { upgrade: true, upgradeFromRelease, prowJob: { name: 'e2e-upgrade' } } } });
  await cluster.target([cluster.releaseTag()]);
  const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
  await releaseActivities(cluster.dependencies).openRelease(id);
  await buildActivities(cluster.dependencies).ensureMirror(id);
  await cluster.job(noonTag, jobDone);
  const verification = verificationActivities(cluster.dependencies);
  const { start } = await verification.planVerificationRound(id, {}, noon);
  expect(await verification.startRuns(id, start)).toEqual({ notRun: [], problems: [] });
  const job = await cluster.prowJob(`${noonTag}-up`);
  expect(job?.metadata.annotations?.[annotation.fromTag]).toBe('4.19.12');
  expect(job?.spec.pod_spec?.containers?.[0]?.env).toContainEqual({ name: 'RELEASE_IMAGE_INITIAL', value: payload });
});
