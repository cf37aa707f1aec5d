/** The resources that the front adds to `image.openshift.io/v1`, as OpenShift's discovery lists them. */
const added = [
  {
    name: 'imagestreamimages',
    singularName: 'imagestreamimage',
    kind: 'ImageStreamImage',
    verbs: ['get'],
    shortNames: ['isimage'],
  },
  {
    name: 'imagestreamimports',
    singularName: 'imagestreamimport',
    kind: 'ImageStreamImport',
    verbs: ['create'],
    shortNames: [],
  },
  {
    name: 'imagestreamtags',
    singularName: 'imagestreamtag',
    kind: 'ImageStreamTag',
    verbs: ['delete', 'get', 'list', 'patch', 'update'],
    shortNames: ['istag'],
  },
];

/** Discovery of one version: `APIResourceList`. */
interface ResourceList {
  kind?: string;
  resources?: unknown[];
}

/** Discovery of everything at once: `APIGroupDiscoveryList`, which kubectl asks for. */
interface GroupList {
  kind?: string;
  items?: { metadata?: { name?: string }; versions?: { version: string; resources?: unknown[] }[] }[];
}

export const isDiscovery = (path: string) => path === '/apis' || path === '/apis/image.openshift.io/v1';

/** @param document any answer of the API server to a discovery path; what lists no resources is left as it is */
export function withImageStreamTags(document: ResourceList & GroupList): ResourceList & GroupList {
  if (document.kind === 'APIResourceList') {
    const more = added.map((resource) => ({ ...resource, namespaced: true }));
    return { ...document, resources: [...(document.resources ?? []), ...more] };
  }
  if (document.kind !== 'APIGroupDiscoveryList') return document;
  const items = (document.items ?? []).map((group) => {
    if (group.metadata?.name !== 'image.openshift.io') return group;
    const versions = (group.versions ?? []).map((version) =>
      version.version === 'v1' ? { ...version, resources: [...(version.resources ?? []), ...added.map(aggregated)] } : version,
    );
    return { ...group, versions };
  });
  return { ...document, items };
}

const aggregated = ({ name, singularName, kind, verbs, shortNames }: (typeof added)[number]) => ({
  resource: name,
  responseKind: { group: 'image.openshift.io', version: 'v1', kind },
  scope: 'Namespaced',
  singularResource: singularName,
  verbs,
  shortNames,
});
