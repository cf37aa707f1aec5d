import { join } from 'node:path';
import type { Programs } from '../components/table.ts';
import type { ManagedProcess, ProcessDescription } from '../processes/managed-process.ts';
import type { Ports } from '../processes/free-ports.ts';

/** What every server of the local stack is started with. */
export interface ServerContext {
  /** state directory, absolute */
  home: string;
  programs: Partial<Programs>;
  ports: Ports;
}

/** A server that is about to be started: how, and where it will be. */
export interface Server<Place> {
  process: ProcessDescription;
  place: Place;
}

/** A small, known environment: settings of whoever starts the stack must not reach the servers by accident. */
export const serverEnv = (home: string): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' });

export const logFileOf = ({ home }: ServerContext, name: string) => join(home, 'logs', `${name}.log`);

export function programOf({ programs }: ServerContext, key: keyof Programs): string {
  const path = programs[key];
  if (path === undefined) throw new Error(`the program ${key} was not resolved`);
  return path;
}

export type Run = (description: ProcessDescription) => ManagedProcess;

/** Starts a server and waits until it serves. */
export async function serving<Place>(server: Promise<Server<Place>>, run: Run): Promise<Place> {
  const { process, place } = await server;
  await run(process).ready();
  return place;
}
