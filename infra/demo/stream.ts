import { olderVerifyEntries, verifyEntries, type VerifyEntry } from './verify-entries.ts';

/** Names of the demo's objects; those of its namespaces are settings. */
export const demoNames = {
  stream: '4.20.0-0.nightly',
  source: '4.20-art-latest',
  olderStream: '4.19.0-0.nightly',
  olderSource: '4.19-art-latest',
  target: 'release',
  pullSecret: 'demo-pull-secret',
  mirrorSecret: 'demo-mirror-secret',
} as const;

export interface DemoConfig {
  verify: Record<string, VerifyEntry>;
  [key: string]: unknown;
}

/**
 * The release config of the demo stream: with the size and the options of a real nightly stream, without waiting
 * times between releases, so that every changed image makes one.
 *
 * @param registry `host:port`; accepted payloads are copied to a repository there as well
 */
export function demoConfig(registry: string): DemoConfig {
  return {
    name: demoNames.stream,
    message: 'A nightly stream to try Waybill with. `waybill demo push` changes an input image and so begins the next release.',
    to: demoNames.target,
    mirrorPrefix: demoNames.source,
    expires: '336h',
    maxUnreadyReleases: 1,
    referenceMode: 'source',
    pullSecretName: demoNames.pullSecret,
    alternateImageRepository: `${registry}/demo-mirror/release`,
    alternateImageRepositorySecretName: demoNames.mirrorSecret,
    publish: { tag: { tagRef: { name: '4.20' } } },
    verify: verifyEntries(),
  };
}

/** The stream of the version before, whose releases the demo's upgrade jobs start from. */
export function olderDemoConfig(): DemoConfig {
  return {
    name: demoNames.olderStream,
    message: 'The version before, for upgrades to start from.',
    to: demoNames.target,
    mirrorPrefix: demoNames.olderSource,
    expires: '336h',
    maxUnreadyReleases: 1,
    referenceMode: 'source',
    pullSecretName: demoNames.pullSecret,
    publish: { tag: { tagRef: { name: '4.19' } } },
    verify: olderVerifyEntries,
  };
}
