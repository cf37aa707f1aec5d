import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { manage, type ProcessDescription } from '../../../../infra/local/processes/managed-process.ts';
import { endLeftovers, pidFiles } from '../../../../infra/local/processes/pid-files.ts';
import { commandOf } from '../../../../infra/local/setup/process-identity.mjs';
import { eventually } from '../../../support/wait.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let folder: string;
let lines: string[];

beforeEach(() => {
  folder = temporaryFolder('process');
  lines = [];
});

const pidFolder = () => join(folder, 'pids');
const logFile = () => join(folder, 'logs', 'it.log');

const start = (script: string, more: Partial<ProcessDescription> = {}) =>
  manage(
    { name: 'it', command: process.execPath, arguments: ['-e', script], env: { PATH: process.env['PATH'] }, logFile: logFile(), ...more },
    pidFiles(pidFolder()),
    (line) => lines.push(line),
  );

const staysUp = 'console.log("up"); setInterval(() => {}, 1e6);';
const wroteUp = async () => existsSync(logFile()) && readFileSync(logFile(), 'utf8').includes('up');

describe('a managed process', () => {
  test('is ready when it serves, and gone with its pid file after stop', async () => {
    const managed = start(staysUp, { healthy: wroteUp });
    await managed.ready();
    const { pid } = managed;
    expect(readdirSync(pidFolder())).toEqual(['it.json']);
    await managed.stop();
    expect(commandOf(pid ?? 0)).toBeUndefined();
    expect(readdirSync(pidFolder())).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('is started again when it dies, and says so', async () => {
    const managed = start(staysUp, { healthy: wroteUp });
    await managed.ready();
    const first = managed.pid;
    process.kill(first ?? 0, 'SIGKILL');
    await eventually('a new process', () => managed.pid !== undefined && managed.pid !== first);
    expect(lines).toEqual([expect.stringContaining('it ended (SIGKILL); starting it again in 250 ms')]);
    await managed.stop();
  });

  test('that refuses to leave is made to', async () => {
    const managed = start(`process.on('SIGTERM', () => {}); ${staysUp}`, { healthy: wroteUp });
    await managed.ready();
    await managed.stop(100);
    expect(managed.pid).toBeUndefined();
  });

  test('that never serves ends the wait with the end of its log', async () => {
    const managed = start('console.log("address already in use"); setInterval(() => {}, 1e6);', {
      healthy: async () => {
        if (existsSync(logFile()) && readFileSync(logFile(), 'utf8') !== '') return false;
        throw new Error('nothing yet');
      },
      patienceMs: 1_000,
    });
    await expect(managed.ready()).rejects.toThrow(/it does not serve after 1 s; the end of .*\naddress already in use/);
    await managed.stop();
  });

  test('whose program is missing is reported, not thrown', async () => {
    const managed = start('', { command: '/nowhere/program' });
    await eventually('a word about it', () => lines.some((line) => line.includes('it ended (exit code 127)')));
    await managed.stop();
  });
});

describe('leftovers of a killed run', () => {
  test('are ended when pid and command are those written down', async () => {
    const left = spawn(process.execPath, ['-e', staysUp], { detached: true, stdio: 'ignore' });
    const pid = left.pid ?? 0;
    const command = [process.execPath, '-e', staysUp].join(' ');
    await eventually('its own command line', () => commandOf(pid) === command);
    pidFiles(pidFolder()).remember('it', { pid, command });
    expect(await endLeftovers(pidFolder())).toEqual(['it']);
    expect(commandOf(pid)).toBeUndefined();
  });

  test('whose pid another program has got meanwhile are left alone', async () => {
    pidFiles(pidFolder()).remember('old', { pid: process.pid, command: 'some server of yesterday' });
    expect(await endLeftovers(pidFolder())).toEqual([]);
  });
});
