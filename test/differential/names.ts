import { safeProwJobName } from '../../domain/payload/prow-job-name.ts';
import type { SceneConfig } from '../support/release-configs.ts';

const moment = '\\d{4}-\\d\\d-\\d\\d-\\d{6}';
const shapeOf = (prefix: string) => new RegExp(`${prefix.replaceAll('.', '\\.')}-(${moment})(?!\\d)`, 'g');
const retries = 6;

/**
 * What one side calls its releases and all that is named after them, in names that both sides share: a release's time
 * becomes its number, and a ProwJob's shortened name the whole one. A name that is made otherwise than ours stays as it is,
 * and so is found.
 */
export class CommonNames {
  readonly #configs: readonly SceneConfig[];
  readonly #sources: Readonly<Record<string, string>>;
  /** moments of each stream's releases, in the order in which they were seen */
  readonly #moments = new Map<string, string[]>();

  /** @param sources input stream by config name, where it is not the same */
  constructor(configs: readonly SceneConfig[], sources: Readonly<Record<string, string>> = {}) {
    this.#configs = configs;
    this.#sources = sources;
  }

  /** Takes note of every release that a text names. */
  learn(text: string): void {
    for (const { name } of this.#configs) {
      const known = this.#moments.get(name) ?? [];
      const seen = [...text.matchAll(shapeOf(name))].map(([, at = '']) => at).filter((at) => !known.includes(at));
      this.#moments.set(name, [...known, ...[...new Set(seen)].toSorted()]);
    }
  }

  /** Whether something is named after one of the streams. */
  areIn(text: string): boolean {
    return this.#configs.some(({ name }) => text.includes(`${name}-`));
  }

  /** The text with common names. */
  in(text: string): string {
    let common = text;
    for (const [own, shared] of this.#pairs()) common = common.replaceAll(own, shared);
    return common;
  }

  /** Longest first, since shorter ones are parts of them. */
  #pairs(): [own: string, shared: string][] {
    const pairs = this.#configs.flatMap((config) =>
      (this.#moments.get(config.name) ?? []).flatMap((at, index) => pairsOf(config, this.#sourceOf(config), at, `#${index + 1}`)),
    );
    return pairs.toSorted(([a], [b]) => b.length - a.length);
  }

  #sourceOf({ name }: SceneConfig): string {
    return this.#sources[name] ?? name;
  }
}

function pairsOf(config: SceneConfig, source: string, at: string, number: string): [string, string][] {
  const mirror = (config['mirrorPrefix'] as string | undefined) ?? source;
  const tag = `${config.name}-${at}`;
  const shortened = Object.entries(config.verify ?? {}).flatMap(([verify, { aggregatedProwJob }]) =>
    suffixes(aggregatedProwJob?.analysisJobCount ?? 0).map((suffix): [string, string] => [
      safeProwJobName(`${tag}-${verify}`, suffix),
      `${config.name}-${number}-${verify}${suffix === '' ? '' : `-${suffix}`}`,
    ]),
  );
  return [[tag, `${config.name}-${number}`], [`${mirror}-${at}`, `${mirror}-${number}`], ...shortened];
}

function suffixes(analysisJobCount: number): string[] {
  const attempts = Array.from({ length: retries }, (_, index) => `${index + 1}`);
  const analysis = Array.from({ length: analysisJobCount }, (_, index) => `analysis-${index}`);
  return ['', ...attempts, ...analysis, 'aggregator', ...attempts.map((attempt) => `aggregator-${attempt}`)];
}
