import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rememberedPorts } from '../../../../infra/local/processes/free-ports.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const newFile = () => join(temporaryFolder('ports'), 'ports.json');

const listening = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

test('the same name has the same port at the next start', async () => {
  const file = newFile();
  const first = await rememberedPorts(file, false).port('etcd', 2379);
  expect(await rememberedPorts(file, false).port('etcd', 2379)).toBe(first);
});

test('a port that was taken meanwhile is replaced, and the replacement remembered', async () => {
  const file = newFile();
  const first = await rememberedPorts(file, false).port('etcd', 2379);
  const intruder = await listening(first);
  const second = await rememberedPorts(file, false).port('etcd', 2379);
  await close(intruder);
  expect(second).not.toBe(first);
  expect(await rememberedPorts(file, false).port('etcd', 2379)).toBe(second);
});

test('the usual port is taken where it is free, and never given twice', async () => {
  const usual = await rememberedPorts(newFile(), false).port('any', 1);
  const ports = rememberedPorts(newFile(), true);
  expect(await ports.port('one', usual)).toBe(usual);
  expect(await ports.port('two', usual)).not.toBe(usual);
});
