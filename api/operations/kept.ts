import { annotation } from '../../domain/payload/annotations.ts';
import type { Catalog } from '../catalog.ts';

export interface KeptRelease {
  name: string;
  stream: string;
  namespace: string;
  /** value of the annotation, and whoever ordered it where that is known */
  keep: string;
  ordered?: string;
}

/** Every release that is kept, stream by stream. */
export function keptReleases(catalog: Catalog, orderedBy: string): KeptRelease[] {
  return catalog.visible().flatMap(({ config, target, tags }) =>
    tags.flatMap(({ name, annotations }) => {
      const keep = annotations?.[annotation.keep];
      const ordered = annotations?.[orderedBy];
      if (keep === undefined) return [];
      return [{ name, stream: config.name, namespace: target.metadata.namespace ?? '', keep, ...(ordered !== undefined && { ordered }) }];
    }),
  );
}
