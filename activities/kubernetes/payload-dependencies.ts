import type { AuditPolicy } from '../../domain/audit/verification-policy.ts';
import type { KubernetesClient } from './client.ts';
import type { ProwDefinitions } from './prow-definitions.ts';
import type { AskThreads } from '../ask-threads.ts';
import type { RegistryReads } from '../registry-reads.ts';
import type { QualifierSource } from './qualifier-source.ts';
import type { ReleaseNamespaces } from './release-namespaces.ts';

/** What payload activities are built with. */
export interface PayloadDependencies extends Omit<RegistryReads, 'verifyImages'> {
  client: KubernetesClient;
  releaseNamespaces: ReleaseNamespaces;
  /** where releases may be published besides */
  publishNamespaces: readonly string[];
  /** whether releases whose time is over are marked for somebody else to remove */
  softDeleteReleaseTags: boolean;
  definitions: ProwDefinitions;
  /** the general configuration of qualifiers, where there is one */
  qualifiers?: Pick<QualifierSource, 'load'>;
  /** has threads looked at, where there is an issue tracker */
  askThreads?: AskThreads;
  jobNamespace: string;
  prowNamespace: string;
  /** pools of build clusters that verification jobs are spread over */
  clusterGroups: readonly (readonly string[])[];
  /** what the stream's name ends in whose verification a Stable release is given besides its own, as in `-art-latest` */
  artSuffix?: string;
  /** of the releases, as in `amd64` */
  architecture: string;
  manifestListMode: boolean;
  /** how long a verification run may take; 0 for ever */
  verificationDeadlineMs: number;
  /** how long a release job may take; 0 for ever */
  creationDeadlineSeconds: number;
  /** addresses of update services, asked in this order */
  updateServices: readonly string[];
  auditPolicy: AuditPolicy;
}
