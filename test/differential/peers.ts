import { existsSync } from 'node:fs';

/** release-controller's own programs, as somebody built them; they are no part of this project. */
export interface Peers {
  releaseController: string;
  releasePayloadController: string;
  /** their definition of ReleasePayload; ours where it is not given */
  payloadCrd?: string;
}

const needed = {
  releaseController: 'WAYBILL_PEER_RELEASE_CONTROLLER',
  releasePayloadController: 'WAYBILL_PEER_RELEASE_PAYLOAD_CONTROLLER',
} as const;

/** @returns what is missing, in words, where something is */
export function findPeers(env: NodeJS.ProcessEnv): Peers | { missing: string[] } {
  const missing = Object.values(needed).flatMap((variable) => {
    const path = env[variable];
    if (path === undefined || path === '') return [`${variable} is not set: the path of the program`];
    return existsSync(path) ? [] : [`${variable}: there is no ${path}`];
  });
  if (missing.length > 0) return { missing };
  const payloadCrd = env['WAYBILL_PEER_RELEASE_PAYLOAD_CRD'];
  return {
    releaseController: env[needed.releaseController] ?? '',
    releasePayloadController: env[needed.releasePayloadController] ?? '',
    ...(payloadCrd === undefined ? {} : { payloadCrd }),
  };
}
