import { appendFileSync } from 'node:fs';
import { payloadPhase } from '../../domain/payload/phase.ts';
import type { Phase, ReleasePayload } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { eventually } from '../support/wait.ts';
import { differences, type Difference } from './compare.ts';
import { deviationOf } from './deviations.ts';
import { CommonNames } from './names.ts';
import { snapshotOf, type Beside } from './snapshot.ts';

/** The same scene twice: driven by release-controller, and by Waybill. */
export class Pair {
  readonly upstream: ReleaseScene;
  readonly here: ReleaseScene;
  readonly #names: { upstream: CommonNames; here: CommonNames };

  /** @param sources input stream by config name, where it is not the same */
  constructor(upstream: ReleaseScene, here: ReleaseScene, configs: readonly SceneConfig[], sources: Readonly<Record<string, string>> = {}) {
    this.upstream = upstream;
    this.here = here;
    this.#names = { upstream: new CommonNames(configs, sources), here: new CommonNames(configs, sources) };
  }

  /** no other scene has it: `s3` */
  get id(): string {
    return this.here.id;
  }

  both<T>(act: (scene: ReleaseScene) => Promise<T>): Promise<[T, T]> {
    return Promise.all([act(this.upstream), act(this.here)]);
  }

  /** Waits until the stream's release of this number, or of this name, is so far on both sides. */
  async phase(config: SceneConfig, release: number | string, phase: Phase): Promise<void> {
    await this.both(async (scene) => {
      const tag = typeof release === 'string' ? release : await scene.release(config, release);
      await scene.payloadWhen(tag, `to be ${phase}`, (payload) => payloadPhase(payload) === phase && isForGood(payload));
    });
  }

  /** Waits until all that stands on both sides is alike, but for what is meant to differ. */
  async alike(where: string, { withinMs = 90_000, beside }: { withinMs?: number; beside?: Beside } = {}): Promise<void> {
    let found: Difference[] = [];
    const look = async () => {
      found = await this.#differences(beside);
      return found.every((difference) => deviationOf(difference) !== undefined);
    };
    try {
      await eventually('both sides to be alike', look, withinMs);
    } catch {
      const unexplained = found.filter((difference) => deviationOf(difference) === undefined);
      throw new Error(`${unexplained.length} differences ${where}:\n${unexplained.map(line).join('\n')}`);
    } finally {
      record(where, found);
    }
  }

  async #differences(beside: Beside | undefined): Promise<Difference[]> {
    const [upstream, here] = await Promise.all([
      snapshotOf(this.upstream, this.#names.upstream, beside),
      snapshotOf(this.here, this.#names.here, beside),
    ]);
    return differences(upstream, here);
  }
}

/** Not one that release-controller takes back, since it accepted before it had filled in its list of jobs (trap 4). */
function isForGood(payload: ReleasePayload): boolean {
  const { payloadOverride, payloadVerificationConfig } = payload.spec;
  if (payloadPhase(payload) !== 'Accepted' || payloadOverride?.override) return true;
  const succeeded = (payload.status?.blockingJobResults ?? []).filter(({ state }) => state === 'Success');
  const names = new Set(succeeded.map(({ ciConfigurationName }) => ciConfigurationName));
  return (payloadVerificationConfig?.blockingJobs ?? []).every(({ ciConfigurationName }) => names.has(ciConfigurationName));
}

const line = ({ object, path, upstream, here }: Difference) =>
  `${object} ${path}\n    upstream ${JSON.stringify(upstream)}\n    here     ${JSON.stringify(here)}`;

/** Every difference, meant ones too, in a file for whoever wants to read them. */
function record(where: string, found: Difference[]): void {
  const file = process.env['WAYBILL_DIFFERENCES_FILE'];
  if (file === undefined) return;
  for (const difference of found)
    appendFileSync(file, `${JSON.stringify({ where, deviation: deviationOf(difference)?.row, ...difference })}\n`);
}
