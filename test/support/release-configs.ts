import type { PeriodicDefinition } from '../../domain/payload/kinds.ts';
import type { Qualifier } from '../../domain/payload/qualifier.ts';

/** One entry under `verify`, as it is written in a release config. */
export interface SceneEntry {
  disabled?: boolean;
  optional?: boolean;
  upgrade?: boolean;
  upgradeFrom?: string;
  upgradeFromRelease?: {
    candidate?: { stream: string; version: string; relative?: number };
    prerelease?: { version_bounds: { lower: string; upper: string } };
  };
  maxRetries?: number;
  multiJobAnalysis?: boolean;
  qualifiers?: Record<string, Qualifier>;
  prowJob: { name: string };
  aggregatedProwJob?: { prowJob?: { name: string }; analysisJobCount: number };
}

/** A release config as a test writes it. */
export interface SceneConfig {
  name: string;
  to: string;
  verify?: Record<string, SceneEntry>;
  [key: string]: unknown;
}

export const defaultAggregator = 'release-openshift-release-analysis-aggregator';

/** The Prow job definitions that a config asks for. */
export function definitionsOf({ verify = {} }: SceneConfig): PeriodicDefinition[] {
  const entries = Object.values(verify);
  const aggregators = entries.flatMap(({ aggregatedProwJob }) =>
    aggregatedProwJob ? [aggregatedProwJob.prowJob?.name ?? defaultAggregator] : [],
  );
  const names = new Set([...entries.map(({ prowJob }) => prowJob.name), ...aggregators]);
  return [...names].map((name) => definition(name));
}

/** @param variables environment that the job declares, without values */
export function definition(
  name: string,
  variables: string[] = ['PAYLOAD_TAG', 'VERIFICATION_JOB_NAME', 'JOB_START_TIME'],
): PeriodicDefinition {
  const env = variables.map((variable) => ({ name: variable, value: '' }));
  return {
    name,
    agent: 'kubernetes',
    cluster: 'build01',
    cron: '@yearly',
    extra_refs: [{ org: 'scene', repo: 'release', base_ref: 'main' }],
    spec: { containers: [{ name: 'test', image: 'ci-operator:latest', command: ['ci-operator'], args: ['--target=test'], env }] },
  };
}
