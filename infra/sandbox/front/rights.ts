import type { IncomingHttpHeaders } from 'node:http';
import { failure, type Reply } from './answers.ts';
import type { Upstream } from './upstream.ts';

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export interface WantedAccess {
  verb: string;
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
}

/** Asks the API server whether the caller may. @returns the refusal; undefined when there is none */
export async function allowed(upstream: Upstream, credentials: IncomingHttpHeaders, wanted: WantedAccess): Promise<Reply | undefined> {
  const { verb, resource, namespace = '', name = '' } = wanted;
  const group = 'image.openshift.io';
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, version: 'v1', resource, namespace, name } },
  };
  const headers = { ...credentials, accept: 'application/json', 'content-type': 'application/json' };
  const { status, text } = await upstream.ask('POST', path, headers, JSON.stringify(review));
  if (status === 201 && (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed) return undefined;
  // who is not known, or may not even ask, is told so by the API server itself
  if (status !== 201) return { status, body: JSON.parse(text) };
  const which = name === '' ? `${resource}.${group}` : `${resource}.${group} "${name}"`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${which} is forbidden: you cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  return failure(403, 'Forbidden', message, { name, group, kind: resource });
}
