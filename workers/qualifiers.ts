import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Logger } from 'pino';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { QualifierSource, type QualifierLocation } from '../activities/kubernetes/qualifier-source.ts';
import { tellOfQualifiers } from '../activities/kubernetes/watch.ts';
import type { Wake } from '../activities/wake.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** Where the settings say that the general configuration of qualifiers is. */
export function qualifierLocation({ releaseQualifiers: where }: Settings): QualifierLocation | undefined {
  if (where === undefined) return undefined;
  return where.kind === 'file' ? { file: where.path } : { configMap: `${where.namespace}/${where.name}` };
}

export function qualifierSource(settings: Settings, kubernetes: KubernetesClient, log: Logger): QualifierSource | undefined {
  const location = qualifierLocation(settings);
  return location === undefined ? undefined : new QualifierSource(kubernetes, location, (message) => log.warn(message));
}

/**
 * Tells running releases when the file with qualifiers changed. Its folder is watched, since a mounted ConfigMap is
 * swapped by its link `..data`; a ConfigMap that is read from the cluster has a watch of its own.
 *
 * @returns ends it
 */
export function watchQualifierFile(settings: Settings, wake: Wake, log: Logger): () => void {
  const location = qualifierLocation(settings);
  if (location === undefined || !('file' in location)) return () => undefined;
  const interesting = new Set([basename(location.file), '..data', null]);
  let telling: Promise<void> | undefined;
  const tell = (name: string | null) => {
    if (!interesting.has(name) || telling !== undefined) return;
    telling = tellOfQualifiers(wake)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'releases could not be told that the qualifiers changed; they read them at their next look'),
      )
      .finally(() => (telling = undefined));
  };
  try {
    const watcher = watch(dirname(location.file), { persistent: false }, (_event, name) => tell(name));
    return () => watcher.close();
  } catch (error) {
    log.warn(
      { err: error },
      `the folder of ${location.file} can not be watched: changed qualifiers are read at the next look of each release`,
    );
    return () => undefined;
  }
}
