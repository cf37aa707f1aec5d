/** Names of the API resources we speak to. */
export interface Resource {
  /** empty for the core group */
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const namespaced = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});
const clusterWide = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: false,
});

export const imageStreamImports = namespaced('image.openshift.io', 'v1', 'imagestreamimports', 'ImageStreamImport');
export const imageStreams = namespaced('image.openshift.io', 'v1', 'imagestreams', 'ImageStream');
/** One tag of an ImageStream; only where a server lists it, see image-stream-tags.ts. */
export const imageStreamTags = namespaced('image.openshift.io', 'v1', 'imagestreamtags', 'ImageStreamTag');
export const releasePayloads = namespaced('release.openshift.io', 'v1alpha1', 'releasepayloads', 'ReleasePayload');
export const prowJobs = namespaced('prow.k8s.io', 'v1', 'prowjobs', 'ProwJob');
export const jobs = namespaced('batch', 'v1', 'jobs', 'Job');
export const pods = namespaced('', 'v1', 'pods', 'Pod');
export const configMaps = namespaced('', 'v1', 'configmaps', 'ConfigMap');
export const leases = namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const secrets = namespaced('', 'v1', 'secrets', 'Secret');
export const events = namespaced('', 'v1', 'events', 'Event');
export const namespaces = clusterWide('', 'v1', 'namespaces', 'Namespace');
export const nodes = clusterWide('', 'v1', 'nodes', 'Node');
export const customResourceDefinitions = clusterWide('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition');
