import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../infra/local/setup/process-identity.mjs';
import { startStack, type StackOptions } from '../../../infra/local/stack.ts';
import { HomeInUse } from '../../../infra/local/state-directory.ts';
import { loadSettings } from '../../../infra/settings/settings.ts';
import { eventually } from '../../support/wait.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const newHome = () => temporaryFolder('stack');

/** Temporal and cluster are given, so that only registry and bucket are started here. */
const given = { WAYBILL_TEMPORAL_ADDRESS: 'temporal.example.org:7233', WAYBILL_KUBECONFIG: '/given/kubeconfig' };

const start = (home: string, more: Partial<StackOptions> = {}) =>
  startStack({ home, settings: loadSettings(given), log: () => undefined, usualPorts: false, ...more });

describe('the local stack', () => {
  test('starts nothing for what the settings name, and everything else', async () => {
    const stack = await start(newHome());
    expect(stack.servers.map(({ name }) => name).toSorted()).toEqual(['registry', 'storage']);
    expect(stack.addresses).toMatchObject({ temporal: given.WAYBILL_TEMPORAL_ADDRESS, kubeconfig: given.WAYBILL_KUBECONFIG });
    expect((await fetch(`http://${stack.addresses.registry}/v2/`)).status).toBe(200);
    expect((await fetch(`${stack.addresses.storageEndpoint}/storage/v1/b/waybill`)).status).toBe(200);
    await stack.stop();
  });

  test('leaves no process behind', async () => {
    const stack = await start(newHome());
    const pids = stack.servers.map(({ pid }) => pid ?? 0);
    await stack.stop();
    expect(pids.map((pid) => commandOf(pid))).toEqual([undefined, undefined]);
    expect(existsSync(join(stack.home, 'lock'))).toBe(false);
  });

  test('starts a server again that dies', async () => {
    const stack = await start(newHome());
    const registry = stack.servers.find(({ name }) => name === 'registry');
    process.kill(registry?.pid ?? 0, 'SIGKILL');
    await eventually('the registry again', async () => (await fetch(`http://${stack.addresses.registry}/v2/`)).ok);
    await stack.stop();
  });

  test('has its state directory for itself', async () => {
    const home = newHome();
    const stack = await start(home);
    const second = start(home);
    await expect(second).rejects.toThrow(HomeInUse);
    await expect(second).rejects.toThrow(`${home} is in use by process ${process.pid}`);
    await stack.stop();
  });

  test('goes on where it was, on the same ports and with the same token', async () => {
    const home = newHome();
    const first = await start(home);
    const object = `${first.addresses.storageEndpoint}/upload/storage/v1/b/waybill/o?uploadType=media&name=record`;
    await fetch(object, { method: 'POST', body: 'kept' });
    await first.stop();
    const second = await start(home);
    expect(second.addresses).toEqual(first.addresses);
    expect(second.adminToken).toBe(first.adminToken);
    const kept = await fetch(`${second.addresses.storageEndpoint}/storage/v1/b/waybill/o/record?alt=media`);
    expect(await kept.text()).toBe('kept');
    await second.stop();
  });

  test('forgets everything when it is asked for a fresh start', async () => {
    const home = newHome();
    writeFileSync(join(home, 'something'), 'old');
    const stack = await start(home, { fresh: true });
    expect(readdirSync(home)).not.toContain('something');
    await stack.stop();
  });

  test('keeps its token to its owner', async () => {
    const stack = await start(newHome());
    const file = join(stack.home, 'admin-token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{48}$/);
    await stack.stop();
  });

  test('that is told to stop while it starts leaves nothing behind', async () => {
    const home = newHome();
    const stop = new AbortController();
    const starting = start(home, { signal: stop.signal, log: () => undefined });
    stop.abort();
    await expect(starting).rejects.toThrow();
    expect(existsSync(join(home, 'lock'))).toBe(false);
    expect(readdirSync(home).includes('pids') ? readdirSync(join(home, 'pids')) : []).toEqual([]);
  });
});
