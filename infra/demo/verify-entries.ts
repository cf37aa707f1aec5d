/** One entry under `verify` of a release config, as it is written there. */
export interface VerifyEntry {
  optional?: true;
  maxRetries?: number;
  upgrade?: true;
  upgradeFrom?: 'Previous';
  upgradeFromRelease?: { candidate: { stream: string; version: string } };
  prowJob: { name: string };
  aggregatedProwJob?: { prowJob?: { name: string }; analysisJobCount: number };
  multiJobAnalysis?: true;
}

/** What is tested, and where a failure blocks the release or only informs. */
interface Feature {
  blocking?: string;
  informing?: string;
  /** besides the job itself */
  fields?: Omit<VerifyEntry, 'prowJob'>;
}

const fromPrevious = { upgrade: true, upgradeFrom: 'Previous' } as const;
const fromOlderMinor = { upgrade: true, upgradeFromRelease: { candidate: { stream: 'nightly', version: '4.19' } } } as const;

const features: Record<string, Feature> = {
  conformance: { blocking: 'aws azure gcp metal', informing: 'ibmcloud nutanix openstack vsphere' },
  serial: { blocking: 'aws gcp', informing: 'azure ibmcloud metal nutanix openstack vsphere' },
  network: { blocking: 'aws gcp metal', informing: 'azure ibmcloud nutanix openstack vsphere' },
  storage: { blocking: 'aws gcp', informing: 'azure ibmcloud metal nutanix openstack vsphere' },
  install: { blocking: 'metal', informing: 'aws azure gcp ibmcloud nutanix openstack vsphere' },
  fips: { blocking: 'aws', informing: 'azure gcp metal vsphere' },
  upgrade: { blocking: 'aws azure gcp', informing: 'ibmcloud metal nutanix openstack vsphere', fields: fromPrevious },
  'upgrade-from-4.19': { blocking: 'aws', informing: 'azure gcp metal nutanix openstack vsphere', fields: fromOlderMinor },
  'install-analysis': { blocking: 'aws', fields: { multiJobAnalysis: true } },
  'single-node': { informing: 'aws azure gcp metal vsphere' },
  disconnected: { informing: 'aws azure gcp metal vsphere' },
  proxy: { informing: 'aws azure gcp vsphere' },
  'dual-stack': { informing: 'aws metal openstack vsphere' },
  'tech-preview': { informing: 'aws azure gcp vsphere' },
  'etcd-recovery': { informing: 'aws metal' },
  'large-cluster': { informing: 'aws gcp' },
  arm64: { informing: 'aws azure' },
  'real-time-kernel': { informing: 'metal' },
};

/** Judged by statistics over several runs of one job, since one run of it says little. */
const aggregated: Record<string, VerifyEntry> = {
  'aggregated-conformance-aws': {
    maxRetries: 1,
    prowJob: { name: jobName('conformance', 'aws') },
    aggregatedProwJob: { analysisJobCount: 10 },
  },
  'aggregated-install-gcp': {
    maxRetries: 1,
    prowJob: { name: jobName('install', 'gcp') },
    aggregatedProwJob: { prowJob: { name: 'periodic-platform-nightly-4.20-install-aggregator' }, analysisJobCount: 5 },
  },
};

/** 92 entries, 20 of them blocking: as many as a real nightly stream has. */
export function verifyEntries(): Record<string, VerifyEntry> {
  const plain = Object.entries(features).flatMap(([feature, { blocking, informing, fields = {} }]) => [
    ...platforms(blocking).map(
      (platform) => [`${feature}-${platform}`, { ...fields, maxRetries: 1, prowJob: { name: jobName(feature, platform) } }] as const,
    ),
    ...platforms(informing).map(
      (platform) => [`${feature}-${platform}`, { ...fields, optional: true, prowJob: { name: jobName(feature, platform) } }] as const,
    ),
  ]);
  return Object.fromEntries([...plain, ...Object.entries(aggregated)].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The stream that upgrades from an older minor start from needs no more than an accepted release. */
export const olderVerifyEntries: Record<string, VerifyEntry> = {
  'conformance-aws': { maxRetries: 1, prowJob: { name: jobName('conformance', 'aws', '4.19') } },
};

/** The Prow job of one feature on one platform. */
function jobName(feature: string, platform: string, version = '4.20'): string {
  return `periodic-platform-nightly-${version}-${feature}-${platform}`;
}

const platforms = (names = '') => names.split(' ').filter((name) => name !== '');
