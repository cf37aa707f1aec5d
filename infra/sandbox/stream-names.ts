/** What OpenShift calls its own registry inside the cluster. */
export const internalRegistry = 'image-registry.openshift-image-registry.svc:5000';

export const internalRepository = (namespace: string, name: string) => `${internalRegistry}/${namespace}/${name}`;
