import { createHash } from 'node:crypto';
import type { RuleOf } from '../orders/rule-schema.ts';

export interface Graph {
  version: 1;
  nodes: { version: string; payload: string; metadata: Record<string, string> }[];
  /** places in `nodes`, from and to */
  edges: [number, number][];
  conditionalEdges: [];
}

/** The releases of one channel and architecture, as the update service draws them (openshift/cincinnati, graph format 1). */
export function graphOf(releases: readonly RuleOf<'update-releases'>[], channel: string, arch: string): Graph {
  const shown = releases.filter((release) => release.arch === arch && release.channels.includes(channel));
  const nodes = shown.map(({ version, payload, channels }) => ({
    version,
    payload: payload ?? `quay.io/openshift-release-dev/ocp-release@${digestOf(`${version}-${arch}`)}`,
    metadata: { 'io.openshift.upgrades.graph.release.channels': channels.toSorted().join(',') },
  }));
  const place = (version: string) => shown.findIndex((release) => release.version === version);
  const edges = shown.flatMap(({ from }, to) =>
    from
      .map(place)
      .filter((at) => at >= 0)
      .map((at): [number, number] => [at, to]),
  );
  return { version: 1, nodes, edges, conditionalEdges: [] };
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export interface Refusal {
  kind: string;
  value: string;
}

const parameters = new Set(['channel', 'arch', 'id', 'version']);
const channelName = /^[-_.a-zA-Z0-9]+$/;
const accepted = ['application/json', 'application/vnd.redhat.cincinnati.graph+json', 'application/*', '*/*'];

/** What the service refuses, with its words. Stricter than it in one thing: a parameter that it does not know is a slip of ours. */
export function refusalOf(query: URLSearchParams, accept: string): { status: 400 | 406; body: Refusal } | undefined {
  const types = accept.split(',').map((type) => type.split(';')[0]?.trim() ?? '');
  if (accept !== '' && !types.some((type) => accepted.includes(type)))
    return { status: 406, body: { kind: 'invalid_content_type', value: 'invalid Content-Type requested' } };
  const unknown = [...query.keys()].find((key) => !parameters.has(key));
  if (unknown !== undefined) return { status: 400, body: { kind: 'invalid_params', value: `there is no parameter ${unknown}` } };
  const channel = query.get('channel') ?? '';
  if (channel === '') return { status: 400, body: { kind: 'missing_params', value: 'mandatory client parameters missing: channel' } };
  if (!channelName.test(channel)) return { status: 400, body: { kind: 'invalid_params', value: `invalid channel ${channel}` } };
  return undefined;
}
