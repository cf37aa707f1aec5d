import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseReleaseConfig } from '../../../domain/payload/config.ts';
import { readPeriodics } from '../../../domain/payload/prow-definitions.ts';
import { validateDefinition } from '../../../domain/payload/prow-job.ts';
import { demoJobConfig } from '../../../infra/demo/job-definitions.ts';
import { demoConfig } from '../../../infra/demo/stream.ts';

const text = JSON.stringify(demoConfig('127.0.0.1:5000'));
const parsed = parseReleaseConfig(text);
if (!parsed.ok) throw new Error(parsed.error);
const { config } = parsed;
const entries = Object.entries(config.verify);

describe('the config of the demo stream', () => {
  it('has 92 verification entries, 20 of them blocking, in less than 16 KiB', () => {
    expect(entries).toHaveLength(92);
    expect(entries.filter(([, entry]) => !entry.optional)).toHaveLength(20);
    expect(Buffer.byteLength(text)).toBeLessThan(16_384);
  });

  it('has a job of each kind', () => {
    const some = (what: (entry: (typeof entries)[number][1]) => boolean) => entries.some(([, entry]) => what(entry));
    expect({
      aggregatedByDefault: some(({ aggregatedProwJob }) => aggregatedProwJob !== undefined && aggregatedProwJob.prowJob === undefined),
      aggregatedByOwn: some(({ aggregatedProwJob }) => aggregatedProwJob?.prowJob !== undefined),
      fromPrevious: some(({ upgrade, upgradeFrom }) => upgrade && upgradeFrom === 'Previous'),
      fromOlderMinor: some(({ upgrade, upgradeFromRelease }) => upgrade && upgradeFromRelease?.candidate?.version === '4.19'),
      retried: some(({ maxRetries }) => maxRetries > 0),
      analysis: entries.filter(([, { multiJobAnalysis }]) => multiJobAnalysis).length,
    }).toEqual({ aggregatedByDefault: true, aggregatedByOwn: true, fromPrevious: true, fromOlderMinor: true, retried: true, analysis: 1 });
  });

  it('publishes to a tag, copies to another repository and keeps no release waiting', () => {
    expect(config.publish['tag']?.tagRef).toEqual({ name: '4.20' });
    expect(config.alternateImageRepository).toBe('127.0.0.1:5000/demo-mirror/release');
    expect(config).toMatchObject({ to: 'release', mirrorPrefix: '4.20-art-latest', maxUnreadyReleases: 1, minCreationIntervalSeconds: 0 });
  });

  it('keeps the rules that release-controller checks before a config is merged', () => {
    const broken = entries.filter(([name, { optional, aggregatedProwJob, upgradeFrom, upgradeFromRelease }]) => {
      const twoSources = upgradeFrom !== '' && upgradeFromRelease !== undefined;
      return /-\d+$/.test(name) || (optional && aggregatedProwJob !== undefined) || twoSources;
    });
    expect(broken).toEqual([]);
  });
});

describe('the job definitions of the demo', () => {
  const files = demoJobConfig();
  const definitions = new Map(
    Object.values(files).flatMap((file) => readPeriodics(parse(file)).map((definition) => [definition.name, definition] as const)),
  );
  const aggregators = entries.flatMap(([, { aggregatedProwJob }]) =>
    aggregatedProwJob === undefined ? [] : [aggregatedProwJob.prowJob?.name ?? 'release-openshift-release-analysis-aggregator'],
  );

  it.each([...entries.map(([, { prowJob }]) => prowJob?.name ?? ''), ...aggregators])('define %s', (name) => {
    expect(validateDefinition(definitions.get(name), name, true)).toBeUndefined();
  });

  it('lie in several files that a ConfigMap can hold', () => {
    expect(Object.keys(files).length).toBeGreaterThan(1);
    for (const file of Object.keys(files)) expect(file).toMatch(/^[-.\w]+\.yaml$/);
    expect(Buffer.byteLength(JSON.stringify(files))).toBeLessThan(1024 * 1024);
  });

  it('declare what an aggregator and an analysis job are told', () => {
    const declared = (name: string) => definitions.get(name)?.spec?.containers?.[0]?.env?.map((variable) => variable.name);
    const analysis = entries.find(([, { multiJobAnalysis }]) => multiJobAnalysis)?.[1].prowJob?.name ?? '';
    for (const name of [...aggregators, analysis])
      expect(declared(name)).toEqual(['PAYLOAD_TAG', 'VERIFICATION_JOB_NAME', 'JOB_START_TIME']);
  });
});
