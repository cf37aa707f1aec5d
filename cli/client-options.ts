import { Command } from 'commander';
import type { ServerOptions } from './server-address.ts';

export interface ClientOptions extends ServerOptions {
  json?: boolean;
}

export interface ReleaseOptions extends ClientOptions {
  namespace?: string;
}

/** A command that speaks to the server. */
export function clientCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--server <address>', 'the server, instead of WAYBILL_SERVER or the local stack')
    .option('--json', 'print what the server says, as JSON');
}

/** One that is about a release. */
export function releaseCommand(name: string, description: string): Command {
  return clientCommand(name, description)
    .argument('<tag>', 'name of the release')
    .option('--namespace <name>', 'where the release is, when its name is in several namespaces');
}

/** Path of a release below `/api/waybill/v1`. */
export function releasePath(tag: string, { namespace }: ReleaseOptions, rest = ''): string {
  return `/releases/${encodeURIComponent(tag)}${rest}${namespace === undefined ? '' : `?namespace=${encodeURIComponent(namespace)}`}`;
}

export function toJson(view: unknown): string {
  return `${JSON.stringify(view, null, 2)}\n`;
}
