import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { openStore } from '../../activities/signature-store.ts';
import { ensureLocalKey, publicKeyArmored } from '../../activities/signing-key.ts';
import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { ensureSearchAttributes } from '../../infra/temporal/search-attributes.ts';
import { auditActivities } from '../../workers/audit-activities.ts';
import { ensureBundle } from '../../workers/bundle.ts';
import { tracingPlugin } from '../../workers/tracing.ts';
import type { audit } from '../../workflows/audit.ts';
import { auditTaskQueue, auditWorkflowId } from '../../workflows/audit-messages.ts';
import { taskQueue } from '../../workflows/ids.ts';
import { whyNoGpg, withGpg } from '../support/gpg.ts';
import { testStack } from '../support/stack.ts';

const stack = testStack();

async function acceptedPayload(namespace: string, tag: string): Promise<void> {
  const stream = (name: string, annotations: Record<string, string>, tags: TagReference[] = []): ImageStream => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace, annotations },
    spec: { tags },
  });
  const config = JSON.stringify({ name: '4.20.0-0.nightly', to: 'release' });
  const annotations = { 'release.openshift.io/source': `${namespace}/4.20`, 'release.openshift.io/name': '4.20.0-0.nightly' };
  await stack.kubernetes.create(imageStreams, stream('4.20', { 'release.openshift.io/config': config }));
  await stack.kubernetes.create(imageStreams, stream('release', {}, [{ name: tag, annotations }]));
  const payload: ReleasePayload = {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: tag, namespace },
    spec: { payloadCoordinates: { namespace, imagestreamName: 'release', imagestreamTagName: tag } },
  };
  const created = await stack.kubernetes.create(releasePayloads, payload);
  const lastTransitionTime = '2026-11-24T01:02:03Z';
  const conditions = [
    { type: 'PayloadAccepted', status: 'True' as const, reason: 'PayloadAccepted', message: 'all is well', lastTransitionTime },
  ];
  await stack.kubernetes.replaceStatus(releasePayloads, { ...created, status: { conditions } });
}

test('an accepted release ends signed and recorded in the bucket; gpg accepts it; the key stays out of the history', async ({ skip }) => {
  const missing = await whyNoGpg();
  if (missing !== undefined) return skip(missing);
  const namespace = await stack.freshNamespace('ocp');
  const tag = stack.freshName('4.20.0-0.nightly');
  const digest = `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(-64)}`;
  await acceptedPayload(namespace, tag);

  const key = await ensureLocalKey(stack.home);
  const storageUrl = `${stack.storageUrl}/${stack.freshName('prefix')}`;
  const settings = stack.settings({ WAYBILL_SIGNING_KEY_FILE: key, WAYBILL_STORAGE_URL: storageUrl });
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  const connection = await NativeConnection.connect({ address: stack.temporal });
  const temporal = stack.freshName('audit');
  await connection.workflowService.registerNamespace({ namespace: temporal, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await ensureSearchAttributes(connection, temporal);
  const client = new Client({ connection, namespace: temporal });
  const { plain, signing } = auditActivities(settings, stack.kubernetes, client);
  const common = { connection, namespace: temporal, plugins: [tracingPlugin()] };
  const worker = await Worker.create({
    ...common,
    taskQueue,
    workflowBundle: { codePath: await ensureBundle() },
    workflowThreadPoolSize: 1,
    activities: plain,
  });
  const signer = await Worker.create({ ...common, taskQueue: auditTaskQueue, activities: signing });

  const args: Parameters<typeof audit> = [
    { namespace, tag, stream: '4.20.0-0.nightly', digest, location: `${stack.registry}/${namespace}/release:${tag}` },
  ];
  const run = () =>
    worker.runUntil(() => client.workflow.execute<typeof audit>('audit', { workflowId: auditWorkflowId(digest), taskQueue, args }));
  const outcome = await signer.runUntil(run);
  expect(outcome).toMatchObject({ kind: 'signed', record: `audit/${namespace}/${tag}.json` });

  const store = openStore(storageUrl, { endpoint: stack.storageEndpoint });
  const path = `signatures/openshift/release/${digest.replace(':', '=')}/signature-1`;
  const record = JSON.parse(Buffer.from((await store.read(`audit/${namespace}/${tag}.json`)) ?? []).toString()) as AuditRecord;
  expect(record).toMatchObject({
    release: tag,
    namespace,
    digest,
    phase: 'Accepted',
    verdict: { reason: 'PayloadAccepted', message: 'all is well' },
    signature: { path },
  });
  await withGpg(async (gpg) => {
    await gpg('--import', await gpg.file('key.asc', await publicKeyArmored({ file: key })));
    const verified = await gpg('--verify', await gpg.file('signature-1', (await store.read(path)) ?? ''));
    expect(verified.stderr).toContain(`VALIDSIG ${record.signature.fingerprint}`);
  });

  const { events } = await client.workflow.getHandle(auditWorkflowId(digest)).fetchHistory();
  const told = JSON.stringify(events).replaceAll(/"data":"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());
  const secrets = (await readFile(key, 'utf8')).split('\n').filter((line) => line.length >= 40 && !line.startsWith('-'));
  expect(secrets.length).toBeGreaterThan(5);
  expect(told).toContain(record.signature.fingerprint);
  for (const secret of secrets) expect(told).not.toContain(secret);
  await connection.close();
});
