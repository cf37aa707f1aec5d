import { describe, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import type { Pair } from './pair.ts';
import { bothSides, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 6 });

const elsewhere = (name: string): TagReference => ({ name, from: { kind: 'DockerImage', name: `quay.io/scene/${name}:build-9` } });
const destination =
  (name: string, tags: TagReference[] = []) =>
  (scene: ReleaseScene) =>
    scene.plant.ensure(imageStreams, {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace: scene.namespace, name },
      spec: { lookupPolicy: { local: false }, tags },
    } as ImageStream);

/** Waits until the alias leads to the stream's release of this number. */
const leads = (pair: Pair, config: SceneConfig, number: number, alias = 'latest') =>
  pair.both(async (scene) => {
    const release = await scene.release(config, number);
    await scene.until(`${alias} to lead to ${release}`, async () =>
      (await scene.stream(config.to)).spec?.tags?.some(({ name, from }) => name === alias && from?.name === release),
    );
  });

describe.concurrent('publishing', twice, () => {
  it('an alias, all images but one, and chosen images', async () => {
    const { pair, config } = await pairOf(undefined, {
      publish: {
        // of the two only the alias is made
        latest: { tagRef: { name: 'latest' }, imageStreamRef: { name: 'never' } },
        images: { imageStreamRef: { name: 'published', excludeTags: ['installer'] } },
        tools: { imageStreamRef: { name: 'tools', tags: ['cli', 'missing', 'installer'], excludeTags: ['installer'] } },
        off: { disabled: true, tagRef: { name: 'off' } },
        nowhere: { imageStreamRef: { name: 'nowhere' } },
      },
    });
    await pair.both(destination('published', ['etcd', 'installer', 'mine'].map(elsewhere)));
    await pair.both(destination('tools', ['cli', 'installer'].map(elsewhere)));
    await pair.both(destination('never'));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the first release');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await leads(pair, config, 2);
    await pair.alike('after the second release');
  });

  it('an alias that was there, and what somebody points elsewhere', async () => {
    const { pair, config } = await pairOf(undefined, {
      publish: { latest: { tagRef: { name: 'latest' } }, tools: { imageStreamRef: { name: 'tools', tags: ['cli'] } } },
    });
    await pair.both(destination('tools'));
    await pair.both(destination('release', [{ ...elsewhere('latest'), annotations: { mine: 'yes' } }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
    await pair.both((scene) =>
      scene.change('tools', (current) => ({ ...current, spec: { ...current.spec, tags: [elsewhere('cli'), elsewhere('mine')] } })),
    );
    await pair.both((scene) =>
      scene.until('the tool to be set right', async () =>
        (await scene.stream('tools')).spec?.tags?.some(({ name, from }) => name === 'cli' && from?.kind === 'ImageStreamImage'),
      ),
    );
    await pair.alike('after it was set right');
  });

  it('a namespace that nobody named', async () => {
    const { pair, config } = await pairOf(undefined, {
      publish: { images: { imageStreamRef: { namespace: 'of-nobody', name: 'published' } } },
    });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.eventSaying(config.name, 'was not registered for either release or publish'));
    await pair.alike('after the message');
  });

  it('the release before, when the newest one is rejected after all', async () => {
    const { pair, config } = await pairOf(undefined, {
      publish: { latest: { tagRef: { name: 'latest' } }, images: { imageStreamRef: { name: 'published' } } },
    });
    await pair.both(destination('published'));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await leads(pair, config, 2);
    await pair.both(async (scene) => scene.override(await scene.release(config, 2), 'Rejected', 'found a bug'));
    await leads(pair, config, 1);
    await pair.alike('after it was rejected');
  });
});
