import { isTooLong, tooLong, type ReleaseConfig } from './config.ts';
import { readReleaseConfig } from './config-decoder.ts';
import { reviewProblems } from './config-review.ts';
import { runtimeProblems, sortedEntries } from './config-rules.ts';
import type { Misfit } from './go-json.ts';
import { readQualifiers } from './qualifier-decoder.ts';
import { qualifierProblems } from './qualifier-rules.ts';

/** One thing that is wrong, with its place: the file, the path inside its document (empty: the whole), and why. */
export interface Finding extends Misfit {
  file: string;
}

export interface ConfigFile {
  file: string;
  text: string;
}

/**
 * Everything that is wrong with a set of release configurations: what would stop their streams, what upstream's offline
 * validator refuses, and what clashes between them. A configuration whose types do not fit is not judged further.
 */
export function validateReleaseConfigs(files: readonly ConfigFile[]): Finding[] {
  const checked = files.map(({ file, text }) => ({ file, ...checkOne(file, text) }));
  const own = checked.flatMap(({ file, problems }) => problems.map((found) => ({ file, ...found })));
  const readable = checked.flatMap(({ file, config }) => (config === undefined ? [] : [{ file, config }]));
  return [...own, ...sharedJobs(readable), ...sharedNames(readable)];
}

function checkOne(file: string, text: string): { config?: ReleaseConfig; problems: Misfit[] } {
  const unreadable = (path: string, reason: string) => ({
    path,
    reason: `failed to unmarshal release configuration file ${file.slice(file.lastIndexOf('/') + 1)}: ${reason}`,
  });
  const read = readReleaseConfig(text);
  if (typeof read === 'string') return { problems: [unreadable('', read)] };
  const misfits = [...read.problems, ...read.unknown].map(({ path, reason }) => unreadable(path, reason));
  // In the annotation the text stands without blanks.
  const size = isTooLong(JSON.stringify(JSON.parse(text))) ? [{ path: '', reason: tooLong }] : [];
  if (read.problems.length > 0) return { problems: [...misfits, ...size] };
  const { config } = read;
  return { config, problems: [...misfits, ...size, ...runtimeProblems(config), ...reviewProblems(config)] };
}

interface Readable {
  file: string;
  config: ReleaseConfig;
}

/** The same job in two periodics would run at two times, and each would take the other's runs for its own. */
function sharedJobs(readable: readonly Readable[]): Finding[] {
  const places = readable.flatMap(({ file, config }) =>
    sortedEntries(config.periodic).flatMap(([name, { prowJob }]) =>
      prowJob?.name ? [{ key: prowJob.name, file, path: `periodic.${name}.prowJob.name`, said: `${config.name}: periodic: ${name}` }] : [],
    ),
  );
  return shared(places, (job, all) => `found job ${job} in multiple locations: [${all.map(({ said }) => `[${said}]`).join(' ')}]`);
}

/** Tags belong to the stream whose name they bear, so two streams of one name would share them. */
function sharedNames(readable: readonly Readable[]): Finding[] {
  const places = readable.flatMap(({ file, config }) => (config.name === '' ? [] : [{ key: config.name, file, path: 'name', said: file }]));
  return shared(places, (name, all) => `${name} is the name of several release configs: ${all.map(({ said }) => said).join(', ')}`);
}

interface NamedPlace {
  key: string;
  file: string;
  path: string;
  said: string;
}

/** Every place whose key stands at another place too. */
function shared(places: readonly NamedPlace[], reason: (key: string, all: NamedPlace[]) => string): Finding[] {
  const byKey = Map.groupBy(places, ({ key }) => key);
  return [...byKey].flatMap(([key, all]) =>
    all.length < 2 ? [] : all.map(({ file, path }) => ({ file, path, reason: reason(key, all) })),
  );
}

/** A document as its file has it: keys that stand twice are gone from the value. */
export interface QualifierDocument {
  value: unknown;
  /** ids that stand more than once */
  duplicates: readonly string[];
}

/** Everything that is wrong with a general configuration of qualifiers. */
export function validateQualifiers(file: string, { value, duplicates }: QualifierDocument): Finding[] {
  const { qualifiers, problems } = readQualifiers(value);
  const twice = duplicates.map((id) => ({ path: `qualifiers.${id}`, reason: `duplicate qualifier ID ${JSON.stringify(id)}` }));
  const misfits = problems.map(({ path, reason }) => ({
    path,
    reason: `failed to unmarshal release qualifier configuration file ${file}: ${reason}`,
  }));
  const invalid = sortedEntries(qualifiers).flatMap(([id, qualifier]) =>
    qualifierProblems(qualifier).map((found) => ({
      path: `qualifiers.${id}.${found.path}`,
      reason: `unable to validate qualifier ${id}: ${found.reason}`,
    })),
  );
  return [...twice, ...misfits, ...invalid].map((found) => ({ file, ...found }));
}
