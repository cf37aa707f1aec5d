import { readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { Command } from 'commander';
import type { ImageVerification, KeyGroup } from '../../activities/client-verification.ts';
import type { Registries } from '../../activities/registry-requests.ts';
import type { SignatureStore } from '../../activities/signature-store.ts';
import { isImageDigest } from '../../domain/audit/digest.ts';
import { contentVerdict, type ContentVerdict } from '../../domain/audit/image-content.ts';
import { pullSpecByDigest } from '../../domain/audit/verify-job.ts';
import { toJson } from '../client-options.ts';
import { CommandError, exitCode } from '../exit-codes.ts';
import { printable, type Io } from '../io.ts';
import type { Run } from '../run.ts';
import { localStackFile, stateFolder } from '../server-address.ts';

interface Options {
  store?: string;
  endpoint?: string;
  key: string[];
  deep?: boolean;
  registryConfig?: string;
  json?: boolean;
}

type Report = ImageVerification & { store: string; content?: ContentVerdict };

/** Needs no server: a copy of the bucket is enough. */
export function auditVerify(run: Run): Command {
  return new Command('verify')
    .description('verify the signatures of a release image as clusters do, by what is in the bucket or in a copy of it')
    .argument('<digest>', 'of the release image: sha256:…')
    .option('--store <url>', 'gs://bucket[/prefix] or file:///folder, instead of WAYBILL_STORAGE_URL or the local stack')
    .option('--endpoint <address>', 'of the storage service, when it is not Google’s own')
    .option(
      '--key <file>',
      'trusted keys, each file a group that must have signed; more than once for several groups',
      (file, files: string[]) => [...files, file],
      [],
    )
    .option('--deep', 'also fetch the image and everything that it names from their registries, and check every digest')
    .option('--registry-config <file>', 'docker config.json with credentials for --deep, instead of WAYBILL_REGISTRY_CREDENTIALS_FILE')
    .option('--json', 'print the findings as JSON')
    .action((digest: string, options: Options) => run((io) => verify(digest, options, io)));
}

async function verify(digest: string, options: Options, io: Io) {
  if (!isImageDigest(digest)) throw new CommandError(exitCode.usage, `invalid digest ${digest}: give sha256: and 64 hexadecimal digits`);
  const { verifyAsClients } = await import('../../activities/client-verification.ts');
  const { url, store } = await storeOf(options, io);
  const groups = await keyGroups(options.key, io);
  const verification = await verifyAsClients(store, digest, groups, new Date(io.now())).catch((error: unknown) => {
    throw new CommandError(exitCode.unreachable, `the store ${url} can not be read: ${(error as Error).message}`);
  });
  const content = options.deep ? await deepVerdict(verification, await registriesOf(options, io)) : undefined;
  const report: Report = { ...verification, store: url, ...(content === undefined ? {} : { content }) };
  io.out(options.json ? toJson(report) : lines(report));
  if (report.signatures.length === 0) return exitCode.notFound;
  return isGood(report) ? exitCode.ok : exitCode.no;
}

const isGood = ({ verified, records, content }: Report) =>
  verified && records.every(({ problems }) => problems.length === 0) && (content === undefined || content.result === 'verified');

async function storeOf({ store: given, endpoint }: Options, io: Io): Promise<{ url: string; store: SignatureStore }> {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { openStore, StoreUrlError } = await import('../../activities/signature-store.ts');
  const { storage } = loadSettings(io.env);
  const local = given === undefined && storage.url === undefined ? localStore(io) : undefined;
  const url = given ?? storage.url ?? local?.url;
  if (url === undefined)
    throw new CommandError(
      exitCode.usage,
      'no store is known: name one with --store or WAYBILL_STORAGE_URL, or start a local stack with npm start',
    );
  const where = endpoint ?? local?.endpoint ?? (given === undefined ? storage.endpoint : undefined);
  try {
    return { url, store: openStore(url, where === undefined ? {} : { endpoint: where }) };
  } catch (error) {
    throw error instanceof StoreUrlError ? new CommandError(exitCode.usage, error.message) : error;
  }
}

function localStore(io: Io): { url: string; endpoint: string } | undefined {
  const { storage, bucket } = localStackFile(io) ?? {};
  return storage === undefined || bucket === undefined ? undefined : { url: `gs://${bucket}`, endpoint: storage };
}

/** The key of the local stack where none is named; it is its own group. */
async function keyGroups(files: readonly string[], io: Io): Promise<KeyGroup[]> {
  const named =
    files.length > 0
      ? files.map((file) => resolve(io.cwd, file))
      : [io.env['WAYBILL_SIGNING_KEY_FILE'] || join(stateFolder(io), 'signing-key.asc')];
  return Promise.all(named.map((file) => keyGroup(file)));
}

async function keyGroup(file: string): Promise<KeyGroup> {
  const { readKeyring } = await import('../../activities/keyring.ts');
  const name = basename(file, extname(file));
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new CommandError(
      exitCode.usage,
      `the keys ${file} can not be read (${(error as NodeJS.ErrnoException).code}): name a file with --key`,
    );
  }
  try {
    return { name, keys: (await readKeyring(bytes)).map((key) => key.toPublic()) };
  } catch {
    throw new CommandError(exitCode.usage, `${file} is not an OpenPGP keyring`);
  }
}

async function registriesOf({ registryConfig }: Options, io: Io): Promise<Registries> {
  const { loadSettings } = await import('../../infra/settings/settings.ts');
  const { credentialFile } = await import('../../activities/registry-credentials.ts');
  const { Registries } = await import('../../activities/registry-requests.ts');
  const file = registryConfig ?? loadSettings(io.env).registryCredentials.file;
  if (file === undefined) return new Registries();
  const setting = registryConfig === undefined ? 'WAYBILL_REGISTRY_CREDENTIALS_FILE' : '--registry-config';
  return new Registries({ credentials: credentialFile(resolve(io.cwd, file), setting) });
}

/** Where the image was when it was signed, by its digest. */
async function deepVerdict({ digest, signatures }: ImageVerification, registries: Registries): Promise<ContentVerdict> {
  const location = signatures.find(({ counts }) => counts)?.location;
  if (location === undefined) return { result: 'unverified', why: 'no signature that counts says where the image is' };
  const { registryReads } = await import('../../activities/registry-reads.ts');
  try {
    return contentVerdict(await registryReads(registries).verifyImages(pullSpecByDigest(location, digest)));
  } catch (error) {
    return { result: 'unverified', why: (error as Error).message };
  }
}

function lines({ digest, store, verified, groups, signatures, records, content }: Report): string {
  const said = [
    `${digest} is ${verified ? '' : 'not '}verified by ${store}`,
    ...(signatures.length === 0 ? ['  it has no signature'] : []),
    ...signatures.map(({ path, counts, why }) => `  ${path} ${counts ? 'counts' : 'does not count'}: ${why}`),
    ...groups.map(({ name, satisfied, by }) => `  keys ${name}: ${satisfied ? `signed by ${by}` : 'no signature of theirs counts'}`),
    ...records.map(({ path, problems }) => `  ${path}: ${problems.length === 0 ? 'fits the signatures' : problems.join('; ')}`),
    ...(signatures.length > 0 && records.length === 0 ? ['  no audit record is there'] : []),
    ...(content === undefined ? [] : [`  content: ${content.result}${content.result === 'verified' ? '' : `: ${content.why}`}`]),
  ];
  return `${said.map(printable).join('\n')}\n`;
}
