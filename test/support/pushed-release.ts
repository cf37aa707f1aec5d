import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, type Image } from '../../infra/oci/image.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { releaseImage } from '../../infra/sandbox/jobs/release-image.ts';
import { testStack } from './stack.ts';

/** A release image in the registry of the stack, with two components beside it. */
export interface PushedRelease {
  /** `host/path`, shared by all three images */
  repository: string;
  digest: string;
  /** `repository@digest` */
  pullSpec: string;
  tag: string;
  layer: string;
  components: { cli: Image; etcd: Image };
  /** pushes a list of platforms that has the release image, as tag `multi`. @returns the list's digest */
  pushList: () => Promise<string>;
}

/** @param named pull specs of components in place of those that are pushed */
export async function releasePair(named: { cli?: string; etcd?: string } = {}): Promise<PushedRelease> {
  const { registry, freshName } = testStack();
  const path = `${freshName('release')}/images`;
  const repository = `${registry}/${path}`;
  const content = (name: string) => ({ files: { name: `${name} of ${path}` } });
  const push = async (name: string) => {
    await pushImage(registry, path, name, content(name));
    return buildImage(content(name));
  };
  const [cli, etcd] = await Promise.all([push('cli'), push('etcd')]);
  const image = releaseImage({
    name: '4.20.0',
    fromImageStream: 'ocp/4.20',
    components: Object.entries({ cli, etcd }).map(([name, { manifest }]) => ({
      name,
      image: named[name as 'cli' | 'etcd'] ?? `${repository}@${manifest.digest}`,
    })),
    previous: [],
    metadata: undefined,
    created: '2026-11-24T00:00:00Z',
  });
  const tag = '4.20.0';
  const digest = await pushImage(registry, path, tag, image);
  const built = buildImage(image);
  const pushList = async () => {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const { manifest } = built;
    const platform = { os: 'linux', architecture: 'amd64' };
    const list = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [{ mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length, platform }],
    });
    const put = await fetch(`http://${repository.replace('/', '/v2/')}/manifests/multi`, {
      method: 'PUT',
      body: list,
      headers: { 'content-type': mediaType },
    });
    if (!put.ok) throw new Error(`PUT of a list: ${put.status} ${await put.text()}`);
    return `sha256:${createHash('sha256').update(list).digest('hex')}`;
  };
  return { repository, digest, pullSpec: `${repository}@${digest}`, tag, layer: built.layer.digest, components: { cli, etcd }, pushList };
}

/**
 * Replaces a blob in the registry's storage, as somebody with access to its disk could.
 *
 * @param home state directory of the stack
 * @returns puts the true one back
 */
export function tamper(home: string, digest: string): () => void {
  const hex = digest.slice('sha256:'.length);
  const path = join(home, 'registry', 'docker', 'registry', 'v2', 'blobs', 'sha256', hex.slice(0, 2), hex, 'data');
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  bad.writeUInt8(bad.readUInt8(bad.length - 1) ^ 1, bad.length - 1);
  writeFileSync(path, bad);
  return () => writeFileSync(path, good);
}
