import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, exitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** What a running local stack says of itself (`.waybill/local.json`). */
export interface LocalStackFile {
  waybill?: string;
  kubeconfig?: string;
  temporal?: string;
  registry?: string;
  storage?: string;
  bucket?: string;
  adminToken?: string;
}

/** @returns undefined while no local stack runs here */
export function localStackFile({ env, cwd }: Pick<Io, 'env' | 'cwd'>): LocalStackFile | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder({ env, cwd }), 'local.json'), 'utf8')) as LocalStackFile;
  } catch {
    return undefined;
  }
}

export function stateFolder({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  return resolve(cwd, env['WAYBILL_HOME'] || '.waybill');
}

export interface ServerOptions {
  server?: string;
  token?: string;
}

/** @throws CommandError when no server is known */
export function serverAddress({ server }: ServerOptions, io: Pick<Io, 'env' | 'cwd'>): string {
  const given = server ?? (io.env['WAYBILL_SERVER'] || undefined) ?? localStackFile(io)?.waybill;
  if (given === undefined) {
    throw new CommandError(
      exitCode.unreachable,
      `no server is known: neither --server nor WAYBILL_SERVER is given, and no local stack runs here (${stateFolder(io)}/local.json is not there); start one with npm start`,
    );
  }
  const address = given.includes('://') ? given : `http://${given}`;
  if (!URL.canParse(address)) throw new CommandError(exitCode.usage, `${given} is no address of a server; give it as http://host:port`);
  return address.replace(/\/+$/, '');
}

/** @throws CommandError when no token is known */
export function adminToken({ token }: ServerOptions, io: Pick<Io, 'env' | 'cwd'>): string {
  const given = token ?? (io.env['WAYBILL_ADMIN_TOKEN'] || undefined) ?? localStackFile(io)?.adminToken;
  if (given === undefined)
    throw new CommandError(exitCode.usage, 'a verdict by hand needs the admin token: give it with --token or WAYBILL_ADMIN_TOKEN');
  return given;
}
