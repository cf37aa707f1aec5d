import { stringify } from 'yaml';
import { olderVerifyEntries, verifyEntries, type VerifyEntry } from './verify-entries.ts';

const defaultAggregator = 'release-openshift-release-analysis-aggregator';
const clusters = ['build01', 'build02', 'build05', 'build09'];

/** What an aggregator or analysis job is told about its release, if its definition names the variables. */
const analysisVariables = ['PAYLOAD_TAG', 'VERIFICATION_JOB_NAME', 'JOB_START_TIME'];

const nightly = /^periodic-platform-nightly-(4\.\d+)-(.+)$/;

interface Definition {
  name: string;
  [field: string]: unknown;
}

/**
 * Prow job definitions for every job of the demo, by file name, in Prow's own format (kubernetes-sigs/prow,
 * pkg/config/jobs.go): what the ConfigMap with the job configuration holds.
 */
export function demoJobConfig(): Record<string, string> {
  const files: Record<string, Definition[]> = {};
  for (const definition of definitions()) (files[fileOf(definition.name)] ??= []).push(definition);
  return Object.fromEntries(
    Object.entries(files).map(([file, periodics]) => [file, stringify({ periodics }, { aliasDuplicateObjects: false })]),
  );
}

function definitions(): Definition[] {
  const entries = [...Object.values(verifyEntries()), ...Object.values(olderVerifyEntries)];
  const jobs = new Map(entries.map((entry) => [entry.prowJob.name, entry.multiJobAnalysis === true] as const));
  for (const aggregator of entries.flatMap(aggregatorOf)) jobs.set(aggregator, true);
  return [...jobs].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, analyses], index) => definition(name, analyses, index));
}

function aggregatorOf({ aggregatedProwJob }: VerifyEntry): string[] {
  return aggregatedProwJob === undefined ? [] : [aggregatedProwJob.prowJob?.name ?? defaultAggregator];
}

function definition(name: string, analyses: boolean, index: number): Definition {
  const [, version = '4.20', target = name] = nightly.exec(name) ?? [];
  return {
    name,
    agent: 'kubernetes',
    cluster: clusters[index % clusters.length],
    // release streams start it; by itself it hardly ever runs
    cron: '@yearly',
    decorate: true,
    decoration_config: { timeout: '4h0m0s', skip_cloning: true },
    extra_refs: [{ org: 'platform', repo: 'release', base_ref: `release-${version}` }],
    spec: {
      serviceAccountName: 'ci-operator',
      containers: [
        {
          name: 'test',
          image: 'ci-operator:latest',
          imagePullPolicy: 'Always',
          command: ['ci-operator'],
          args: [
            '--gcs-upload-secret=/secrets/gcs/service-account.json',
            '--report-credentials-file=/etc/report/credentials',
            `--target=${target}`,
            `--variant=nightly-${version}`,
          ],
          ...(analyses ? { env: analysisVariables.map((variable) => ({ name: variable, value: '' })) } : {}),
          resources: { requests: { cpu: '10m' } },
        },
      ],
    },
  };
}

/** One file a platform, and one for what looks at the runs of others. */
function fileOf(name: string): string {
  const [, version = ''] = nightly.exec(name) ?? [];
  return name.endsWith('-aggregator') ? 'aggregators.yaml' : `nightly-${version}-${name.slice(name.lastIndexOf('-') + 1)}.yaml`;
}
