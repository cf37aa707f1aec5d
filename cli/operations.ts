import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { imageStreamOf, namespaceOf, type Kind } from '../domain/operations/place.ts';
import { clientCommand, toJson, type ClientOptions } from './client-options.ts';
import { connect } from './client.ts';
import { exitCode, type ExitCode } from './exit-codes.ts';
import { printable, type Io } from './io.ts';
import { adminToken } from './server-address.ts';

/** Options of every order by hand. */
export interface OrderOptions extends ClientOptions {
  reason: string;
  namespace: string;
  architecture: string;
  private?: boolean;
  imageStream?: string;
  yes?: boolean;
  backup?: string;
}

interface Stored {
  kind?: string;
  metadata: { name: string };
}

export interface OrderAnswer {
  operation: string;
  executed: boolean;
  changes: string[];
  before?: Stored[];
  imported?: { tag: string; ok: boolean; message?: string }[];
}

/** A command that orders something about releases of one namespace. */
export function orderCommand(name: string, description: string): Command {
  return placedCommand(name, description).requiredOption('-r, --reason <text>', why);
}

export const why = 'why; it is kept with who ordered it, and when';

/** The same without a reason, for one that may only look. */
export function placedCommand(name: string, description: string): Command {
  return clientCommand(name, description)
    .option('-n, --namespace <name>', 'ocp, okd, or a namespace of your own', 'ocp')
    .addOption(
      new Option('-a, --architecture <name>', 'of the releases').choices(['amd64', 'arm64', 'ppc64le', 's390x', 'multi']).default('amd64'),
    )
    .option('-p, --private', 'private streams')
    .option('-i, --image-stream <name>', 'image stream of the releases, without the ending for architecture and private streams')
    .option('--token <token>', 'the admin token, instead of WAYBILL_ADMIN_TOKEN or that of the local stack');
}

/** One that takes away what can not be had again: it says what it would do, and does it with `--yes`. */
export function removingCommand(name: string, description: string): Command {
  return orderCommand(name, description)
    .option('-y, --yes', 'do it; without, it is only said what would be done')
    .option('-b, --backup <folder>', 'write what is changed into this folder first');
}

const kindOf = ({ namespace, architecture, private: isPrivate = false }: OrderOptions): Kind => ({
  product: namespace,
  architecture,
  private: isPrivate,
});

/** Where releases lie: `-i` as given, or the usual image stream where no payload names another. */
export function placeOf(options: OrderOptions): { namespace: string; imageStream?: string; usual: string } {
  const kind = kindOf(options);
  const given = options.imageStream === undefined ? {} : { imageStream: imageStreamOf(options.imageStream, kind) };
  return { namespace: namespaceOf(kind), ...given, usual: imageStreamOf('release', kind) };
}

/** The image stream of ART's images for a version: `4.18` is `4.18-art-latest`; anything else is a name. */
export function inputStreamOf(name: string, options: OrderOptions): { namespace: string; imageStream: string } {
  const kind = kindOf(options);
  const base = /^\d+\.\d+$/.test(name) ? imageStreamOf(`${name}-art-latest`, kind) : name;
  return { namespace: namespaceOf(kind), imageStream: base };
}

/** Orders, and says what was changed. */
export async function order(operation: string, input: object, options: OrderOptions, io: Io): Promise<ExitCode> {
  return tell(await send(operation, input, options, io, true), options, io);
}

/** Asks what would be changed; with `--yes` it is kept in a file where that is wanted, and then ordered. */
export async function orderRemoval(operation: string, input: object, options: OrderOptions, io: Io): Promise<ExitCode> {
  const asked = await send(operation, input, options, io, false);
  if (options.yes !== true) return tell(asked, options, io);
  if (options.backup !== undefined) backUp(asked.before ?? [], options.backup, io);
  return tell(await send(operation, input, options, io, true), options, io);
}

export function send<T extends OrderAnswer>(operation: string, input: object, options: OrderOptions, io: Io, execute: boolean): Promise<T> {
  const body = { ...input, reason: options.reason, by: person(io), execute };
  return connect(options, io).post<T>(`/operations/${operation}`, body, adminToken(options, io));
}

function tell(answer: OrderAnswer, { json }: OrderOptions, io: Io): ExitCode {
  const { before: _, ...shown } = answer;
  io.out(json ? toJson(shown) : describe(answer));
  return exitCode.ok;
}

function describe({ changes, executed, imported = [] }: OrderAnswer): string {
  if (changes.length === 0) return 'nothing to do: it is so already\n';
  const failed = imported
    .filter(({ ok }) => !ok)
    .map(({ tag, message = 'no reason is known' }) => `  - ${printable(`${tag} failed again: ${message}`)}`);
  const lines = [...changes.map((change) => `  - ${printable(change)}`), ...failed];
  return `${[executed ? 'done' : 'would', ...lines, ...(executed ? [] : ['nothing was done: say it again with --yes'])].join('\n')}\n`;
}

/** One file an object, as the cluster had it: `imagestream_release-1764086400000.json`. */
export function backUp(objects: readonly Stored[], folder: string, io: Io): void {
  const target = resolve(io.cwd, folder);
  mkdirSync(target, { recursive: true });
  for (const object of objects) {
    const file = join(target, `${(object.kind ?? 'object').toLowerCase()}_${object.metadata.name}-${io.now()}.json`);
    writeFileSync(file, toJson(object), { flag: 'wx' });
    io.err(`kept as it was: ${file}\n`);
  }
}

/** Who orders, as this machine knows them. */
export function person({ env }: Pick<Io, 'env'>): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'unknown';
  }
}
