import { describe, expect, it } from 'vitest';
import { imageLabels } from '../../../../activities/image-labels.ts';
import type { ImageStream } from '../../../../domain/payload/kinds.ts';
import { pushImage } from '../../../../infra/oci/push.ts';
import { runContainer } from '../../../../infra/sandbox/jobs/oc.ts';
import type { CommandResult } from '../../../../infra/sandbox/jobs/oc.ts';
import { Registry } from '../../../../infra/sandbox/images/registry.ts';
import { releasePair, tamper } from '../../../support/pushed-release.ts';
import { readRelease } from '../../../../infra/sandbox/jobs/read-release.ts';
import { releaseImage } from '../../../../infra/sandbox/jobs/release-image.ts';
import { createStream, dockerImage, giveOrders, newest, playedStack, readStream, streamWhen } from '../played.ts';

const stack = playedStack('oc');
const registry = new Registry(stack.registry);

function run(namespace: string, script: string, ...args: string[]): Promise<CommandResult> {
  return runContainer({ command: ['/bin/bash', '-c', script, '', ...args] }, { client: stack.kubernetes, registry, namespace });
}

describe('a script is refused', () => {
  it.each([
    ['an unknown flag', 'oc adm release new --nmae=x', 'error: unknown flag: --nmae'],
    ['a flag that is not played', 'oc adm release new --mirror=x', 'error: the sandbox does not play --mirror'],
    ['a name that is no version', 'oc adm release new --name=mine --from-image-stream=mirror', 'error: --name must be a semantic version'],
    ['no input', 'oc adm release new --name=4.20.1', 'error: must specify image mappings when no other source is defined'],
    [
      'a stream that is not there',
      'oc adm release new --name=4.20.1 --from-image-stream=nothing',
      'error: imagestreams.image.openshift.io "nothing" not found',
    ],
    ['an argument that is not given', 'set -eu\noc adm release new --name="$1"', 'bash: line 2: $1: unbound variable'],
    ['a command that is not played', 'oc adm inspect x', 'error: the sandbox does not play "oc adm inspect x"'],
    ['a program that is not there', 'podman push x', 'bash: podman: command not found'],
    ['a half mapping', 'oc image mirror a:1', 'error: you must specify at least one source image'],
    ['a source without tag or digest', 'oc image mirror a b:1', 'error: you must specify a tag or digest for the source a'],
    ['a source in another registry', 'oc image mirror quay.io/a/b:1 quay.io/c/d:1', 'error: unable to retrieve source image quay.io/a/b'],
  ])('for %s', async (_, script, message) => {
    const { exitCode, log } = await run('default', script);
    expect(exitCode).toBe(1);
    expect(log).toContain(message);
  });
});

it('the first command that fails ends the script', async () => {
  expect(await run('default', 'echo one\noc image mirror\necho two')).toEqual({
    exitCode: 1,
    log: expect.stringMatching(/^one\nerror: [^\n]*$/) as string,
  });
});

it('a container that runs something else does nothing', async () => {
  expect(await runContainer({ command: ['/bin/true'] }, { client: stack.kubernetes, registry, namespace: 'default' })).toEqual({
    exitCode: 0,
    log: '',
  });
});

it('a registry that is down is an error of the command', async () => {
  const script = 'oc image mirror 127.0.0.1:1/a/b:1 127.0.0.1:1/c/d:1';
  const { exitCode, log } = await runContainer(
    { command: ['bash', '-c', script] },
    { client: stack.kubernetes, registry: new Registry('127.0.0.1:1'), namespace: 'default' },
  );
  expect(exitCode).toBe(1);
  expect(log).toContain('http://127.0.0.1:1/v2/a/b/manifests/1');
});

describe('oc adm release new', () => {
  async function mirror(namespace: string, tags = [dockerImage('cli', 'quay.io/x/cli:1')]): Promise<ImageStream> {
    const created = await createStream(stack, namespace, 'mirror', tags);
    return streamWhen(stack, created, 'the import', ({ status }) => status?.tags?.length === tags.length);
  }

  it('refuses a mirror with a tag that could not be imported', async () => {
    const namespace = await stack.freshNamespace('oc');
    await giveOrders(stack, 'import-rules', [{ repository: 'bad', namespace: `^${namespace}$`, outcome: 'fail' }]);
    await mirror(namespace, [dockerImage('cli', 'quay.io/x/cli:1'), dockerImage('bad', 'quay.io/x/bad:1')]);
    const { exitCode, log } = await run(
      namespace,
      `oc adm release new --name=4.20.1 --from-image-stream=mirror --to-image=${stack.registry}/${namespace}/release:4.20.1`,
    );
    expect(exitCode).toBe(1);
    expect(log).toContain('error: the tag "bad" in the source input stream has not been imported yet');
  });

  it('gives the target its tag, when there is such a stream', async () => {
    const namespace = await stack.freshNamespace('oc');
    await mirror(namespace);
    const target = await createStream(stack, namespace, 'release');
    const script = 'oc adm release new --name="$1" --from-image-stream=mirror --to-image="$2:$1"';
    expect(await run(namespace, script, '4.20.1', `${stack.registry}/${namespace}/release`)).toMatchObject({ exitCode: 0 });
    expect(await run(namespace, script, '4.20.1', `${stack.registry}/${namespace}/nobody`)).toMatchObject({ exitCode: 0 });
    const { image } =
      newest(await streamWhen(stack, target, 'the tag', (stream) => newest(stream, '4.20.1') !== undefined), '4.20.1') ?? {};
    expect(await registry.head(`${namespace}/release`, '4.20.1')).toBe(image);
    expect(await registry.head(`${namespace}/nobody`, '4.20.1')).toBe(image);
  });

  it('sends nothing when asked to, or to another registry', async () => {
    const namespace = await stack.freshNamespace('oc');
    await mirror(namespace);
    const script = 'oc adm release new --name=4.20.1 --from-image-stream=mirror --to-image="$1" $2';
    expect(await run(namespace, script, `${stack.registry}/${namespace}/release:4.20.1`, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await registry.head(`${namespace}/release`, '4.20.1')).toBeUndefined();
    expect((await run(namespace, script, 'quay.io/x/y:4.20.1', '')).log).toContain('nothing was sent');
  });
});

/** A real release image, its place in the registry, and a stream that has it under `4.20.1` only by import. */
async function release(namespace: string, images = ['cli', 'etcd']) {
  const components = images.map((name) => ({ name, image: `quay.io/x/${name}@sha256:${'a'.repeat(64)}` }));
  const content = releaseImage({
    name: '4.20.0-rc.1',
    fromImageStream: 'a/b',
    components,
    previous: [],
    metadata: undefined,
    created: now,
  });
  await pushImage(stack.registry, `${namespace}-incoming/release`, 'x', content);
  const at = `${stack.registry}/${namespace}-incoming/release:x`;
  const target = await createStream(stack, namespace, 'stable', [dockerImage('4.20.1', at)]);
  await streamWhen(stack, target, 'its import', (stream) => newest(stream, '4.20.1') !== undefined);
  return { at, imported: `${stack.registry}/${namespace}/stable:4.20.1`, target, components };
}
const now = '2026-11-25T12:00:00Z';

describe('a release image', () => {
  it('is read where it was pushed, and through the stream that imported it', async () => {
    const namespace = await stack.freshNamespace('oc');
    const { at, imported, components } = await release(namespace);
    const context = { registry };
    for (const image of [at, imported]) expect(await readRelease(image, context)).toMatchObject({ components, created: now });
    await pushImage(stack.registry, `${namespace}/plain`, 'x', { files: { a: '' } });
    await expect(readRelease(`${stack.registry}/${namespace}/plain:x`, context)).rejects.toThrow('is not a release image');
    await expect(readRelease(`${stack.registry}/${namespace}/stable:none`, context)).rejects.toThrow('manifest unknown');
    await expect(readRelease('quay.io/x/y:1', context)).rejects.toThrow('the sandbox only reads');
  });

  it('names its own images, in a file where it is told to', async () => {
    const namespace = await stack.freshNamespace('oc');
    const { imported, components } = await release(namespace);
    const context = { client: stack.kubernetes, registry, namespace };
    const ask = (script: string) => runContainer({ image: imported, command: ['/bin/bash', '-c', script] }, context);
    expect(await ask('set -eu\ncluster-version-operator image cli > /dev/termination-log')).toEqual({
      exitCode: 0,
      log: '',
      termination: components[0]?.image,
    });
    const { exitCode, log } = await ask('cluster-version-operator image nothing');
    expect([exitCode, log]).toEqual([1, expect.stringContaining('does not have an image nothing')]);
  });
});

describe('oc adm release mirror', () => {
  const script = 'oc adm release mirror "$1" --to-image-stream=mirror --namespace="$2" --keep-manifest-list=true';

  it('fills a stream with the images of a release, keeps other tags, and done again changes nothing', async () => {
    const namespace = await stack.freshNamespace('oc');
    const { imported, components } = await release(namespace);
    const mirror = await createStream(stack, namespace, 'mirror', [dockerImage('other', 'quay.io/x/other:1')]);
    expect(await run('default', script, imported, namespace)).toMatchObject({ exitCode: 0 });
    const filled = await streamWhen(stack, mirror, 'all images', (stream) => stream.status?.tags?.length === 3);
    for (const { name, image } of components) {
      expect(newest(filled, name)?.dockerImageReference).toBe(image);
      const tag = filled.spec?.tags?.find((each) => each.name === name);
      expect(tag).toMatchObject({ from: { kind: 'DockerImage', name: image }, importPolicy: { importMode: 'PreserveOriginal' } });
      expect(tag?.generation).toBeLessThanOrEqual(newest(filled, name)?.generation ?? 0);
    }
    const { metadata } = await readStream(stack, mirror);
    await run('default', script, imported, namespace);
    expect((await readStream(stack, mirror)).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  it.each([
    ['no release', 'oc adm release mirror --to-image-stream=mirror', 'error: must specify a release image'],
    ['no destination', 'oc adm release mirror a/b:1', 'error: must specify an image repository or image stream'],
    ['an unknown flag', 'oc adm release mirror x --to-imagestream=y', 'error: unknown flag: --to-imagestream'],
    ['what is not played', 'oc adm release mirror x --to=quay.io/a/b', 'error: the sandbox does not play --to'],
  ])('refuses %s', async (_, words, message) => {
    expect(await run('default', words)).toMatchObject({ exitCode: 1, log: expect.stringContaining(message) });
  });

  it('refuses a stream that is not there', async () => {
    const namespace = await stack.freshNamespace('oc');
    const { at } = await release(namespace);
    expect((await run('default', script, at, namespace)).log).toContain('imagestreams.image.openshift.io "mirror" not found');
  });
});

describe('oc adm release new from a release', () => {
  it('takes its images over under the new name, also in the place of what it is made from', async () => {
    const namespace = await stack.freshNamespace('oc');
    const { imported, target, components } = await release(namespace);
    const script = `oc adm release new --name=4.20.1 --to-image="$1" --metadata='{}' --from-release="$1" --reference-mode=source`;
    expect(await run(namespace, script, imported)).toMatchObject({ exitCode: 0 });
    const made = await registry.head(`${namespace}/stable`, '4.20.1');
    const rewritten = await streamWhen(stack, target, 'the new image', (stream) => newest(stream, '4.20.1')?.image === made);
    expect(rewritten.status?.tags?.find(({ tag }) => tag === '4.20.1')?.items).toHaveLength(2);
    expect((await readRelease(imported, { registry })).components).toMatchObject(components);
    expect(await imageLabels(`${stack.registry}/${namespace}/stable@${made}`)).toEqual({ 'io.openshift.release': '4.20.1' });
    await run(namespace, script, imported);
    expect((await readRelease(imported, { registry })).components).toMatchObject(components);
  });

  it('refuses two sources', async () => {
    const words = 'oc adm release new --name=4.20.1 --from-release=a/b:1 --from-image-stream=c';
    expect((await run('default', words)).log).toContain('only one of --from-image-stream or --from-release');
  });
});

describe('oc image mirror', () => {
  async function multiArch(namespace: string): Promise<{ index: string; amd64: string }> {
    const path = `${namespace}/multi`;
    const digests = [];
    for (const architecture of ['amd64', 'arm64']) {
      const digest = await pushImage(stack.registry, path, architecture, { files: { a: architecture }, architecture });
      digests.push({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest,
        size: (await registry.manifest(path, digest))?.bytes.length ?? 0,
        platform: { os: 'linux', architecture },
      });
    }
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    await registry.putManifest(path, 'all', {
      mediaType,
      bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: digests })),
    });
    return { index: (await registry.head(path, 'all')) ?? '', amd64: digests[0]?.digest ?? '' };
  }

  it.each([true, false])('of an image for several platforms, with the list kept: %s', async (keep) => {
    const namespace = await stack.freshNamespace('oc');
    const { index, amd64 } = await multiArch(namespace);
    const script = 'oc image mirror --keep-manifest-list="$3" "$1" "$2"';
    const result = await run(
      namespace,
      script,
      `${stack.registry}/${namespace}/multi:all`,
      `${stack.registry}/${namespace}-copy/multi:all`,
      String(keep),
    );
    expect(result).toMatchObject({ exitCode: 0 });
    expect(await registry.head(`${namespace}-copy/multi`, 'all')).toBe(keep ? index : amd64);
    expect(await registry.head(`${namespace}-copy/multi`, amd64)).toBe(amd64);
  });
});

describe('oc adm release info --verify', () => {
  const verify = 'oc adm release info --verify "$1"';

  it('really reads everything and prints digest, time and name', async () => {
    const { pullSpec, digest, repository, tag } = await releasePair();
    const said = { exitCode: 0, log: `${digest} 2026-11-24T00:00:00Z 4.20.0` };
    expect(await run('default', verify, pullSpec)).toEqual(said);
    expect(await run('default', verify, `${repository}:${tag}`)).toEqual(said);
  });

  it('fails when the registry has not what a digest says', async () => {
    const { pullSpec, components } = await releasePair();
    const repair = tamper(stack.home, components.etcd.layer.digest);
    expect(await run('default', verify, pullSpec)).toEqual({
      exitCode: 1,
      log: 'error: the release image failed content verification and may have been tampered with',
    });
    repair();
    expect(await run('default', verify, pullSpec)).toMatchObject({ exitCode: 0 });
  });

  it('takes a component that can not be fetched for a good one, as oc does', async () => {
    const { pullSpec } = await releasePair({ etcd: `quay.io/scene/etcd@sha256:${'e'.repeat(64)}` });
    expect(await run('default', verify, pullSpec)).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['an image that is not there', verify, `${stack.registry}/no/body:1`, /^error: unable to read image .*: manifest unknown$/],
    ['anything but --verify', 'oc adm release info "$1"', 'a:1', /^error: the sandbox plays only --verify/],
    ['no image', 'oc adm release info --verify', '', /^error: info expects at least one argument/],
  ])('refuses %s', async (_case, script, image, message) => {
    expect(await run('default', script, image)).toEqual({ exitCode: 1, log: expect.stringMatching(message) as string });
  });
});

describe('a release from a dump of its stream', () => {
  const script = `oc get imagestream inputs --output=yaml > /tmp/all.yaml
sed '/^status:/,$d' /tmp/all.yaml > /tmp/inputs.yaml
test -s /tmp/inputs.yaml || { echo "ERROR: nothing left"; exit 3; }
oc adm release new --name=4.20.1 --from-image-stream-file=/tmp/inputs.yaml --to-image="$1" --reference-mode=source`;

  it('takes its images from where the tags point', async () => {
    const namespace = await stack.freshNamespace('oc');
    const image = `quay.io/x/cli@sha256:${'a'.repeat(64)}`;
    await createStream(stack, namespace, 'inputs', [{ ...dockerImage('cli', image), reference: true }]);
    const to = `${stack.registry}/${namespace}/release:rc_payload__4.20.1`;
    expect(await run(namespace, script, to)).toMatchObject({ exitCode: 0 });
    expect(await registry.head(`${namespace}/release`, 'rc_payload__4.20.1')).toMatch(/^sha256:/);
  });

  it('fails with the first command that does', async () => {
    const { exitCode, log } = await run(await stack.freshNamespace('oc'), script, 'x:1');
    expect([exitCode, log]).toEqual([1, 'Error from server (NotFound): imagestreams.image.openshift.io "inputs" not found']);
  });

  it.each([
    ['echo one > /f\ntest -s /f || { echo no; exit 3; }\necho yes', 0, 'yes'],
    ['true > /f\ntest -s /f || { echo no; exit 3; }\necho yes', 3, 'no'],
    ['true > /f\ntest -s /f || { echo no; }\necho yes', 0, 'no\nyes'],
    ['echo a > /f\nif [ ! -s /f ]; then echo no >&2; exit 3; fi\necho yes', 0, 'yes'],
    ['true > /f\nif [ ! -s /f ]; then echo no >&2; exit 3; fi\necho yes', 3, 'no'],
    ["echo 'a:\n- 1\nstatus:\n  b: 1\nz: 2' > /f\nawk '/^status:/{s=1;next} s&&/^[^ ]/{s=0} !s' /f", 0, 'a:\n- 1\nz: 2'],
    ["awk '{ print }' /f", 1, 'awk: the sandbox does not play "{ print } /f"'],
    ['sed p /f', 1, 'sed: the sandbox does not play "p /f"'],
    ['oc get pods', 1, 'error: the sandbox only plays "oc get imagestream NAME --output=yaml"'],
    ['oc adm release new --name=4.20.1 --from-image-stream-file=/f', 1, 'error: open /f: no such file or directory'],
    [
      'echo a > /f\noc adm release new --name=4.20.1 --from-image-stream-file=/f',
      1,
      'error: unrecognized input in --from-image-stream-file',
    ],
  ])('%s', async (text, exitCode, said) => {
    const result = await run('default', text);
    expect(result).toMatchObject({ exitCode, log: expect.stringContaining(said) as string });
  });
});
