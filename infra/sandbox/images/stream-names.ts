import type { ImageReference } from '../../../domain/payload/image-reference.ts';

/** What OpenShift calls its own registry inside the cluster. */
export const internalRegistry = 'image-registry.openshift-image-registry.svc:5000';

export const internalRepository = (namespace: string, name: string) => `${internalRegistry}/${namespace}/${name}`;

/** The repository as the registry itself knows it. */
export const registryPath = ({ repository, registry }: ImageReference) =>
  registry === '' ? repository : repository.slice(registry.length + 1);
