import { constants } from 'node:fs';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../setup/file-lock.mjs';
import { withProgress } from '../setup/progress.mjs';
import { buildWithGo } from './build.ts';
import { downloadProgram } from './download.ts';
import { components, variableOf, type Component, type ComponentKey, type Platform, type Programs } from './table.ts';

/** Where resolved programs come from and go to; the parts that reach outside can be replaced. */
export interface Sources {
  env: NodeJS.ProcessEnv;
  /** folder of built and downloaded programs */
  cache: string;
  platform: Platform;
  /** @returns undefined on success, otherwise why not */
  download: typeof downloadProgram;
  /** @returns undefined on success, otherwise why not */
  build: typeof buildWithGo;
  log: (line: string) => void;
  /** ends a download or a build */
  signal?: AbortSignal;
}

/** No program could be had; the message names all four ways. */
export class ComponentMissing extends Error {}

export function defaultSources(env: NodeJS.ProcessEnv, log: (line: string) => void, signal?: AbortSignal): Sources {
  const cache = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'waybill');
  return {
    env,
    cache,
    platform: thisPlatform(),
    download: downloadProgram,
    build: buildWithGo,
    log,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Finds every program of the local stack, one after the other: a Go build takes all cores anyway. */
export async function resolveComponents(sources: Sources, keys = Object.keys(components) as ComponentKey[]): Promise<Partial<Programs>> {
  await announce(keys, sources);
  const programs: Partial<Programs> = {};
  for (const key of keys) programs[key] = await resolveComponent(components[key], sources);
  return programs;
}

/** Says beforehand what is about to take long. */
async function announce(keys: ComponentKey[], sources: Sources): Promise<void> {
  const wanted = keys.map((key): Component => components[key]).filter((component) => !sources.env[variableOf(component)]);
  const cached = await Promise.all(wanted.map((component) => isProgram(cachePath(component, sources))));
  const missing = wanted.filter((_, index) => !cached[index]).map(({ name }) => name);
  if (missing.length === 0) return;
  sources.log(
    `to get, once: ${missing.join(', ')}; what can not be downloaded is built with Go, all of it in some ten minutes on two cores`,
  );
}

const cachePath = ({ name, version }: Component, { cache }: Sources) => join(cache, `${name}-${version}`);

/**
 * The path of one program: environment -> cache -> official download -> Go build.
 *
 * @throws ComponentMissing when none of the four ways leads to it
 */
export async function resolveComponent(component: Component, sources: Sources): Promise<string> {
  const given = sources.env[variableOf(component)];
  if (given) return givenProgram(component, given);
  const cached = cachePath(component, sources);
  if (await isProgram(cached)) return cached;

  await mkdir(sources.cache, { recursive: true }).catch((error: Error) => {
    throw new ComponentMissing(
      `the folder for programs of the local stack cannot be made (${error.message}); name another one with XDG_CACHE_HOME`,
    );
  });
  const onWait = ({ pid }: { pid: number }) => sources.log(`waiting for process ${pid}, which is getting ${component.name}`);
  return withLock(`${cached}.lock`, onWait, async () => {
    if (await isProgram(cached)) return cached;
    await obtain(component, cached, sources);
    return cached;
  });
}

async function obtain(component: Component, cached: string, sources: Sources): Promise<void> {
  const title = `${component.name} ${component.version}`;
  // Under a temporary name until it is whole: a killed build leaves nothing that looks finished.
  const partial = `${cached}.partial`;
  try {
    const download = component.download?.(sources.platform);
    const noDownload =
      download === undefined
        ? `no official build with a checksum is published for ${sources.platform.os}/${sources.platform.arch}`
        : await withProgress(`downloading ${title}`, () => sources.download(download, partial, sources.signal));
    if (noDownload !== undefined) {
      const noBuild = await withProgress(`building ${title} with Go (${noDownload})`, () =>
        sources.build(component, partial, sources.signal),
      );
      if (noBuild !== undefined) throw new ComponentMissing(missing(component, cached, noDownload, noBuild));
    }
    await chmod(partial, 0o755);
    await rename(partial, cached);
  } finally {
    await rm(partial, { force: true });
  }
}

async function givenProgram(component: Component, path: string): Promise<string> {
  if (await isProgram(path)) return path;
  throw new ComponentMissing(
    `${variableOf(component)}=${path}: not an executable file; unset it to let ${component.name} ${component.version} be found`,
  );
}

const missing = (component: Component, cached: string, noDownload: string, noBuild: string) =>
  [
    `${component.name} ${component.version} is needed for the local stack and could not be had. Four ways lead to it:`,
    `  1. set ${variableOf(component)} to an executable file (not set)`,
    `  2. put it into the cache as ${cached} (not there)`,
    `  3. download the official build (${noDownload})`,
    `  4. build it with Go 1.26.8 or newer (${noBuild})`,
  ].join('\n');

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch };
}
