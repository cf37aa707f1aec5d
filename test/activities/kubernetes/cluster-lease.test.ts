import { describe, expect, onTestFinished, test } from 'vitest';
import { KubernetesClient, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { ClusterLease, type LeaseOptions } from '../../../activities/kubernetes/cluster-lease.ts';
import { leases } from '../../../activities/kubernetes/resources.ts';
import type { LeaseSpec } from '../../../domain/operations/cluster-lease.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';

const stack = testStack();
const holder = (name: string) => ({ identity: `server/${name}`, description: `${name} at temporal:7233` });

async function cluster() {
  const namespace = await stack.freshNamespace('lease');
  const said: string[] = [];
  const options = (name: string, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
    client: stack.kubernetes,
    namespace,
    me: holder(name),
    onTrouble: (message) => said.push(message),
    renewMs: 50,
    ...more,
  });
  const hold = async (name: string, more: Partial<LeaseOptions> = {}) => {
    const lease = await ClusterLease.hold(options(name, more));
    onTestFinished(() => lease.close());
    return lease;
  };
  const stored = async () => (await stack.kubernetes.get<KubernetesObject & { spec: LeaseSpec }>(leases, namespace, 'waybill'))?.spec;
  return { namespace, hold, said, stored };
}

describe('two Waybills on one cluster', () => {
  test('the workers of one Temporal namespace share the lease, and renew it', async () => {
    const { hold, stored } = await cluster();
    const [first, second] = [await hold('a'), await hold('a')];
    expect([first.refusal(), second.refusal()]).toEqual([undefined, undefined]);
    const before = await stored();
    void first.keep();
    await eventually('a renewal', async () => (await stored())?.renewTime !== before?.renewTime);
    expect(await stored()).toMatchObject({ holderIdentity: 'server/a', acquireTime: before?.acquireTime, leaseDurationSeconds: 45 });
  });

  test('a second Temporal namespace is refused, and told who is there', async () => {
    const { namespace, hold } = await cluster();
    await hold('a');
    await expect(hold('b')).rejects.toThrow(
      new RegExp(
        `^another Waybill drives this cluster: its Temporal namespace is a at temporal:7233 \\(server/a\\); ours is b at temporal:7233\\nit holds the lease ${namespace}/waybill since `,
      ),
    );
  });

  test('a lease that nobody renews any more is taken over, after a look whether that is so', async () => {
    const { hold, said, stored } = await cluster();
    await hold('a', { durationSeconds: 1, me: holder('a') });
    await eventually('the lease to run out', async () => Date.now() > Date.parse((await stored())?.renewTime ?? '') + 1_000);
    const second = await hold('b');
    expect([second.refusal(), (await stored())?.holderIdentity]).toEqual([undefined, 'server/b']);
    expect(said.join()).toContain('has run out (a at temporal:7233 (server/a))');
  });

  test('one that is renewed after all, by a clock that is late, is not taken', async () => {
    const { namespace, hold } = await cluster();
    const late = await hold('a', { durationSeconds: 1 });
    const old = '2020-01-01T00:00:00.000000Z';
    const age = () => stack.kubernetes.patch(leases, namespace, 'waybill', { spec: { renewTime: old } });
    await age();
    const taking = hold('b', { renewMs: 400 });
    taking.catch(() => undefined);
    void late.keep();
    await expect(taking).rejects.toThrow('another Waybill drives this cluster');
  });

  test('who is taken over from writes nothing any more, and hears to whom', async () => {
    const { hold } = await cluster();
    const first = await hold('a');
    const kept = first.keep();
    const second = await hold('b', { takeOver: true });
    expect(await kept).toContain('was taken over by another Waybill, whose Temporal namespace is b at temporal:7233');
    expect([second.refusal(), first.refusal()]).toEqual([undefined, await kept]);
  });

  test('a client whose lease was not renewed in time sends no write', async () => {
    const { namespace, hold } = await cluster();
    const lease = await hold('a', { durationSeconds: 1 });
    const client = KubernetesClient.connect(stack.kubeconfig, { refusal: () => lease.refusal() });
    await client.patch(leases, namespace, 'waybill', { metadata: { labels: { written: 'yes' } } });
    await eventually('the lease to run out', () => lease.refusal() !== undefined);
    const write = () => client.patch(leases, namespace, 'waybill', { metadata: { labels: { written: 'no' } } });
    await expect(write()).rejects.toThrow(
      `PATCH /apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/waybill was not sent: the lease ${namespace}/waybill could not be renewed for 1 s`,
    );
    expect((await client.get<KubernetesObject>(leases, namespace, 'waybill'))?.metadata.labels).toEqual({ written: 'yes' });
  });

  test('a namespace that is not there is named', async () => {
    const { hold } = await cluster();
    await expect(hold('a', { namespace: 'not-there' })).rejects.toThrow('there is no namespace not-there for release jobs');
  });
});
