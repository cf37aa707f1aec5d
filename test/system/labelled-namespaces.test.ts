import { describe, expect, it } from 'vitest';
import { namespaces } from '../../activities/kubernetes/resources.ts';
import { label } from '../../domain/payload/annotations.ts';
import { workflowIds } from '../../workflows/ids.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectRelease } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { eventually } from '../support/wait.ts';

const plant = releasePlant({ env: { WAYBILL_RELEASE_NAMESPACES: 'labelled' } });
const timeout = 120_000;

const configOf = (scene: ReleaseScene): SceneConfig => ({
  name: `4.20.0-0.nightly-${scene.id}`,
  to: 'release',
  verify: { aws: { prowJob: { name: `${scene.id}-aws` } } },
});

const mark = (scene: ReleaseScene, value: 'true' | null) =>
  scene.kubernetes.patch(namespaces, undefined, scene.namespace, { metadata: { labels: { [label.releases]: value } } });

async function acceptedRelease(scene: ReleaseScene, config: SceneConfig, number = 1): Promise<void> {
  const tag = await scene.release(config, number);
  await scene.phase(config, tag, 'Accepted');
  await expectRelease({ scene, config, source: config.name, tag });
}

describe('release namespaces by label', () => {
  it(
    'Given a running worker, when a namespace gets the label and loses it, then its streams are driven, and left alone',
    { timeout },
    async () => {
      const [comes, stays] = [await plant().scene(), await plant().scene()];
      const [coming, staying] = [configOf(comes), configOf(stays)];
      await mark(stays, 'true');
      await comes.createStream(coming);
      await stays.createStream(staying);
      await acceptedRelease(stays, staying);
      expect(await comes.tags(coming)).toEqual([]);

      await mark(comes, 'true');
      await acceptedRelease(comes, coming);

      await mark(comes, null);
      await comes.changeImage(coming.name, 2);
      await comes.imported(coming.name, 2);
      // It was told of the change, or is told now, and ends instead of making a release.
      const stream = plant().temporal.workflow.getHandle(workflowIds.stream(comes.namespace, coming.name));
      await eventually('the stream of the namespace to end', async () => {
        await stream.signal('changed').catch(() => undefined);
        return (await stream.describe()).status.name === 'COMPLETED';
      });
      expect(await comes.tags(coming)).toHaveLength(1);

      await mark(comes, 'true');
      await acceptedRelease(comes, coming, 2);
    },
  );
});
