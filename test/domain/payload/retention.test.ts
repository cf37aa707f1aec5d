import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Phase, TagReference } from '../../../domain/payload/kinds.ts';
import { retention } from '../../../domain/payload/retention.ts';
import type { StreamSnapshot } from '../../../domain/payload/stream-tags.ts';
import { configName, configOf, releaseTag, sourceOf, targetOf } from './stream-builder.ts';

const now = Date.UTC(2024, 7, 30, 12, 0, 0);
const letters: Record<string, Phase> = { A: 'Accepted', R: 'Rejected', F: 'Failed', P: 'Pending', Y: 'Ready' };
const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString().slice(0, 19);

interface Release {
  name: string;
  phase: Phase;
  hours: number;
  more?: Record<string, string>;
}

/** `A1 R1 A2`: releases by phase and name, newest first, an hour apart; the first is an hour old. */
const row = (text: string): Release[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((name, index) => ({ name, phase: letters[name.charAt(0)]!, hours: index + 1 }));

function snapshot(releases: Release[], config: Record<string, unknown> = {}, others: TagReference[] = []): StreamSnapshot {
  const tags = releases.map(({ name, hours, more }) => releaseTag(name, `${at(hours)}Z`, more));
  const phases = Object.fromEntries(releases.map(({ name, phase }) => [name, phase]));
  return { source: sourceOf(), config: configOf(config), target: targetOf([...tags, ...others]), phases };
}

function due(releases: Release[] | string, config: Record<string, unknown> = {}, options: { soft?: boolean; now?: number } = {}): string {
  const stream = snapshot(typeof releases === 'string' ? row(releases) : releases, config);
  return retention(stream, { soft: false, now, ...options })
    .due.map(({ name }) => name)
    .join(' ');
}

describe('core 8.1: releases to be removed, oldest first', () => {
  it.each([
    ['the example: what failed before the oldest accepted one', 'A1 R1 A2 F1 R2 F2', 'F2 R2 F1'],
    ['nothing while there is no accepted one', 'R1 F1 R2 F2', ''],
    ['nothing that is newer than every accepted one', 'R1 F1 A1', ''],
    ['all but the newest five rejected', 'R1 R2 R3 R4 R5 R6 R7', 'R7 R6'],
    ['all but the newest five failed', 'F1 F2 F3 F4 F5 F6', 'F6'],
    ['rejected and failed count apart', 'R1 F1 R2 F2 R3 F3 R4 F4 R5 F5', ''],
    ['five are counted among those that are not superseded', 'R1 R2 R3 R4 R5 R6 A1 R7', 'R7 R6'],
    ['accepted ones stay without an expiry', 'A1 A2 A3 A4 A5 A6 A7', ''],
    ['pending and ready ones stay, however old', 'A1 P1 Y1 F1 P2 Y2', 'F1'],
  ])('%s', (_name, releases, expected) => {
    expect(due(releases)).toBe(expected);
  });

  it.each([
    ['all beyond the newest five that are old enough', '5h30m', 'A7 A6'],
    ['only those that are old enough', '6h30m', 'A7'],
    ['none at the very moment', '7h', ''],
    ['none without an expiry', '0s', ''],
    ['none when the expiry is negative', '-1h', ''],
  ])('accepted releases: %s', (_name, expires, expected) => {
    expect(due('A1 A2 A3 A4 A5 A6 A7', { expires })).toBe(expected);
  });

  it('an accepted release whose age nobody can tell stays', () => {
    const releases = row('A1 A2 A3 A4 A5 A6').map((release) => ({
      ...release,
      more: { creationTimestamp: `sometime ${9 - release.hours}` },
    }));
    expect(due(releases, { expires: '1m' })).toBe('');
  });

  it('a release that expires moves what counts as superseded, at the next look', () => {
    const releases = row('A1 A2 A3 A4 A5 F1 A6');
    expect(due(releases, { expires: '1h' })).toBe('A6');
    expect(due(releases.slice(0, 6), { expires: '1h' })).toBe('F1');
  });

  it('a pinned release stays, and is no measure for others', () => {
    const pinned = (releases: string, name: string) =>
      row(releases).map((release) => (release.name === name ? { ...release, more: { keep: '' } } : release));
    expect(due(pinned('A1 R1 F1', 'F1'))).toBe('R1');
    expect(due(pinned('F1 A1 F2', 'A1'))).toBe('');
    expect(due(pinned('A1 A2 A3 A4 A5 A6', 'A3'), { expires: '1m' })).toBe('');
  });

  it('tags of others stay', () => {
    const strangers = [
      { name: 'alias', from: { kind: 'ImageStreamTag', name: 'A1' } },
      releaseTag('other-source', `${at(9)}Z`, { source: 'ocp/other' }),
      releaseTag('other-name', `${at(9)}Z`, { name: 'other' }),
    ];
    const stream = snapshot(row('A1'), {}, strangers);
    const phases: Record<string, Phase> = { A1: 'Accepted', 'other-source': 'Failed', 'other-name': 'Failed' };
    expect(retention({ ...stream, phases }, { soft: false, now }).due).toEqual([]);
  });

  it.each([{ as: 'Stable' }, { endOfLife: true }])('nothing of a stream with %j', (config) => {
    expect(due('A1 F1', config)).toBe('');
  });
});

describe('core 8.1: marking instead of removing', () => {
  const releases = row('A1 F1 F2').map((release) =>
    release.name === 'F2' ? { ...release, more: { 'soft-delete': '2024-08-30T00:00:00Z' } } : release,
  );

  it('what is marked is not due again', () => {
    expect(due(releases, {}, { soft: true })).toBe('F1');
  });

  it('a mark is no obstacle once releases are removed', () => {
    expect(due(releases)).toBe('F2 F1');
  });
});

it('the time of the next expiry is told, when one is to come', () => {
  const next = (expires: string) => retention(snapshot(row('A1 A2 A3 A4 A5 A6 A7'), { expires }), { soft: false, now }).next;
  expect(next('6h30m')).toBe('2024-08-30T12:30:01Z');
  expect(next('1h')).toBeUndefined();
});

describe('whatever the releases', () => {
  const release = fc.record({
    phase: fc.constantFrom<Phase>('Pending', 'Ready', 'Accepted', 'Rejected', 'Failed'),
    hours: fc.integer({ min: 1, max: 200 }),
    keep: fc.boolean(),
    foreign: fc.boolean(),
  });
  const releases = fc.uniqueArray(release, { selector: ({ hours }) => hours, maxLength: 40 }).map((list) =>
    list.map(({ phase, hours, keep, foreign }): Release => {
      const more = { ...(keep && { keep: '' }), ...(foreign && { source: 'ocp/other' }) };
      return { name: `${configName}-${hours}`, phase, hours, more };
    }),
  );
  const expires = fc.constantFrom('0s', '1h', '72h', '500h');
  const dueOf = (list: Release[], expiry: string) => new Set(due(list, { expires: expiry }).split(' ').filter(Boolean));

  it('pending, ready, pinned and foreign ones stay, and the newest five of each kind', () => {
    fc.assert(
      fc.property(releases, expires, (list, expiry) => {
        const gone = dueOf(list, expiry);
        const own = list.filter(({ more }) => more?.['keep'] === undefined && more?.['source'] === undefined);
        for (const { name, phase } of list.filter((each) => gone.has(each.name))) {
          expect(['Accepted', 'Rejected', 'Failed']).toContain(phase);
          expect(own.map((each) => each.name)).toContain(name);
        }
        const newestAccepted = own.filter(({ phase }) => phase === 'Accepted').toSorted((a, b) => a.hours - b.hours);
        expect(newestAccepted.slice(0, 5).filter(({ name }) => gone.has(name))).toEqual([]);
      }),
    );
  });

  it('removing what is due, again and again, comes to rest; and nothing is due when it is removed', () => {
    fc.assert(
      fc.property(releases, expires, (list, expiry) => {
        let left = list;
        for (let looks = 0; looks <= list.length; looks += 1) {
          const gone = dueOf(left, expiry);
          if (gone.size === 0) return;
          left = left.filter(({ name }) => !gone.has(name));
        }
        expect(dueOf(left, expiry).size).toBe(0);
      }),
    );
  });
});
