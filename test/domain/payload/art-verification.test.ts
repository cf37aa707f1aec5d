import { describe, expect, it } from 'vitest';
import { versionedStream, withArtVerification } from '../../../domain/payload/art-verification.ts';
import { payloadJobs } from '../../../domain/payload/payload-jobs.ts';
import { configOf } from './stream-builder.ts';

describe('the versioned stream of a Stable release', () => {
  it.each([
    ['4.15.3', '-art-latest', '4.15-art-latest'],
    ['4.16.0-rc.2', '-art-latest', '4.16-art-latest'],
    ['v5.0', '-art', '5.0-art'],
    ['latest', '-art-latest', undefined],
  ])('of %s with %s is %s', (tag, suffix, expected) => {
    expect(versionedStream(tag, suffix)).toBe(expected);
  });
});

describe('the verification of a Stable release with that of the versioned stream', () => {
  const prowJob = (name: string) => ({ prowJob: { name } });
  const stable = configOf({
    name: '4-stable',
    as: 'Stable',
    verify: { aws: prowJob('own-aws'), gcp: { ...prowJob('own-gcp'), optional: true } },
  });
  const versioned = configOf({
    verify: {
      aws: prowJob('art-aws'),
      azure: { ...prowJob('art-azure'), maxRetries: 2, upgrade: true, upgradeFrom: 'PreviousMinor' },
      off: { ...prowJob('art-off'), disabled: true },
      optional: { ...prowJob('art-optional'), optional: true },
      aggregated: { ...prowJob('art-aggregated'), aggregatedProwJob: { analysisJobCount: 10 } },
      multi: { ...prowJob('art-multi'), multiJobAnalysis: true },
    },
  });
  const merged = withArtVerification(stable, versioned);

  it('adds its blocking entries as informing ones', () => {
    expect(payloadJobs(merged)).toEqual({
      blockingJobs: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'own-aws' }],
      informingJobs: [
        { ciConfigurationName: 'azure', ciConfigurationJobName: 'art-azure', maxRetries: 2 },
        { ciConfigurationName: 'gcp', ciConfigurationJobName: 'own-gcp' },
      ],
      upgradeJobs: [],
    });
  });

  it('keeps what else an entry says', () => {
    expect(merged.verify['azure']).toEqual({ ...versioned.verify['azure'], optional: true });
    expect(Object.keys(merged.verify).toSorted()).toEqual(['aws', 'azure', 'gcp', 'off']);
  });

  it('changes neither config', () => {
    expect(Object.keys(stable.verify)).toEqual(['aws', 'gcp']);
    expect(versioned.verify['azure']?.optional).toBe(false);
  });
});
