import { isStable } from '../../domain/payload/config.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import { imageIdForTag, releasePullSpec } from '../../domain/payload/pull-spec.ts';
import { sampledRuns } from '../../domain/payload/sampled-upgrades.ts';
import type { VerificationRun } from '../../domain/payload/verification-run.ts';
import type { ReleaseId } from '../contract.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { readRelease, type ReadRelease } from './release-reader.ts';

export type SampledUpgrades = { ok: true; runs: VerificationRun[] } | { ok: false; message: string };

const none: SampledUpgrades = { ok: true, runs: [] };
const rememberedImages = 200;

/** The upgrades that releases of Stable streams are tested by. What an image says never changes, so it is read once. */
export class UpgradeSamples {
  readonly #dependencies: PayloadDependencies;
  readonly #previous = new Map<string, string[]>();

  constructor(dependencies: PayloadDependencies) {
    this.#dependencies = dependencies;
  }

  async of(release: ReleaseId, payload: ReleasePayload): Promise<SampledUpgrades> {
    if ((payload.spec.payloadVerificationConfig?.upgradeJobs ?? []).length === 0) return none;
    const read = await readRelease(this.#dependencies.client, release);
    if (read.kind !== 'read' || !isStable(read.config)) return none;
    try {
      return { ok: true, runs: sampledRuns(payload, await this.#previousOf(read)) };
    } catch (error) {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  async #previousOf(release: ReadRelease): Promise<string[]> {
    const { digestOf, previousVersions } = this.#dependencies;
    const location = releasePullSpec(release);
    if (location === '') throw new Error(`nobody knows yet where ${release.tag.name} can be pulled from`);
    const digest = imageIdForTag(release.target, release.tag.name) || (await digestOf(location));
    if (digest === undefined) throw new Error(`neither the image stream nor the registry shows ${location}`);
    const known = this.#previous.get(digest);
    if (known !== undefined) return known;
    const previous = await previousVersions(location.slice(0, location.lastIndexOf(':')), digest);
    if (this.#previous.size >= rememberedImages) this.#previous.clear();
    this.#previous.set(digest, previous);
    return previous;
  }
}
