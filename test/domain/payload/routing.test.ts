import { describe, expect, it } from 'vitest';
import type { ImageStream, Job, ProwJob } from '../../../domain/payload/kinds.ts';
import { label } from '../../../domain/payload/annotations.ts';
import { forgotten, ownersOfDeleted, routeImageStream, routeJob, routePod, routeProwJob } from '../../../domain/payload/routing.ts';

const tag = '4.20.0-0.nightly-2026-01-01-000000';
const prefix = 'release.openshift.io';

const stream = (annotations: Record<string, string>, parts: Partial<ImageStream> = {}): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace: 'ocp', name: 'input', annotations },
  ...parts,
});
const imported = (image: string): Partial<ImageStream> => ({
  status: { tags: [{ tag: 'cli', items: [{ created: '', dockerImageReference: '', image, generation: 1 }] }] },
});
const releaseTag = (name: string, phase: string) => ({
  name,
  annotations: { [`${prefix}/source`]: 'ocp/input', [`${prefix}/phase`]: phase },
});
const names = ({ owners }: { owners: { workflow: string; namespace: string; name: string }[] }) =>
  owners.map((o) => `${o.workflow}/${o.namespace}/${o.name}`);

describe('a release input wakes its stream', () => {
  const config = { [`${prefix}/config`]: '{}' };
  const before = routeImageStream(stream(config, imported('sha256:a')), undefined);

  it('when it is first seen, and starts it', () => {
    expect(before.owners).toMatchObject([{ workflow: 'stream', namespace: 'ocp', name: 'input', start: true }]);
  });
  it('when an image changes', () =>
    expect(names(routeImageStream(stream(config, imported('sha256:b')), before.seen))).toEqual(['stream/ocp/input']));
  it('when the config changes', () => {
    const changed = stream({ [`${prefix}/config`]: '{"name":"x"}' }, imported('sha256:a'));
    expect(names(routeImageStream(changed, before.seen))).toEqual(['stream/ocp/input']);
  });
  it('when the config is taken away, without starting it', () => {
    const { owners, seen } = routeImageStream(stream({}, imported('sha256:a')), before.seen);
    expect(owners).toMatchObject([{ workflow: 'stream', namespace: 'ocp', name: 'input', start: false }]);
    expect(routeImageStream(stream({}, imported('sha256:b')), seen).owners).toEqual([]);
  });
  it('when it is locked or unlocked', () => {
    const locked = stream({ ...config, [`${prefix}/mode`]: 'locked' }, imported('sha256:a'));
    expect(names(routeImageStream(locked, before.seen))).toEqual(['stream/ocp/input']);
  });
  it('not when nothing that matters changes', () => {
    const touched = stream({ ...config, note: 'new' }, imported('sha256:a'));
    expect(routeImageStream(touched, before.seen).owners).toEqual([]);
  });
});

describe('a target wakes the streams whose tags change', () => {
  const target = (...tags: ReturnType<typeof releaseTag>[]) => stream({ [`${prefix}/hasReleases`]: 'true' }, { spec: { tags } });
  const before = routeImageStream(target(releaseTag('a', 'Ready')), undefined);

  it('nobody when it is first seen: every stream looks for itself', () => expect(before.owners).toEqual([]));
  it('all that have tags, when nobody knows what has changed; those that are gone are not started', () => {
    const other = {
      ...releaseTag('x', 'Ready'),
      annotations: { ...releaseTag('x', 'Ready').annotations, [`${prefix}/source`]: 'ocp/other' },
    };
    const { owners } = routeImageStream(target(releaseTag('a', 'Pending'), releaseTag('b', 'Ready'), other), forgotten);
    expect(owners.filter(({ start }) => start)).toEqual([]);
    expect(names({ owners })).toEqual(expect.arrayContaining(['stream/ocp/input', 'stream/ocp/other']));
  });
  it('when a phase changes', () =>
    expect(names(routeImageStream(target(releaseTag('a', 'Accepted')), before.seen))).toEqual(['stream/ocp/input']));
  it('when a tag vanishes, and has what it leaves behind collected, in no hurry', () => {
    const { owners } = routeImageStream(target(), before.seen);
    expect(owners).toMatchObject([
      { workflow: 'stream', namespace: 'ocp', name: 'input' },
      { workflow: 'collect', urgent: false },
    ]);
  });
  it('not for a tag that its stream just made', () => {
    expect(routeImageStream(target(releaseTag('a', 'Ready'), releaseTag('b', 'Pending')), before.seen).owners).toEqual([]);
  });
});

describe('an alias wakes the stream of the release that it pointed at', () => {
  const alias = (...from: string[]) => from.map((name) => ({ name: 'latest', from: { kind: 'ImageStreamTag', name } }));
  const target = (...tags: { name: string }[]) =>
    stream({ [`${prefix}/hasReleases`]: 'true' }, { spec: { tags: [releaseTag('a', 'Accepted'), ...tags] } });
  const after = (before: { name: string }[], tags: { name: string }[]) =>
    names(routeImageStream(target(...tags), routeImageStream(target(...before), undefined).seen));

  it('when it is pointed elsewhere', () => expect(after(alias('a'), alias('b'))).toEqual(['stream/ocp/input']));
  it('when it is taken away', () => expect(after(alias('a'), [])).toEqual(['stream/ocp/input']));
  it('not when it is made, nor when it pointed at no release', () => {
    expect(after([], alias('a'))).toEqual([]);
    expect(after(alias('b'), alias('a'))).toEqual([]);
    expect(after([{ name: 'other' }], [])).toEqual([]);
  });
});

describe('a mirror wakes its workflow', () => {
  const mirror = { [`${prefix}/source`]: 'ocp/input', [`${prefix}/releaseTag`]: tag };
  it('when an image arrives, without starting one', () => {
    const before = routeImageStream(stream(mirror), undefined);
    expect(routeImageStream(stream(mirror, imported('sha256:a')), before.seen).owners).toMatchObject([
      { workflow: 'mirror', name: 'input', start: false },
    ]);
  });
});

describe('a job belongs to its release', () => {
  const job = (name: string, status: Job['status'] = {}): Job => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'ci-release', name, annotations: { [`${prefix}/target`]: 'ocp/release', [`${prefix}/releaseTag`]: tag } },
    status,
  });
  it('the release job wakes the creation', () => expect(names(routeJob(job(tag), undefined))).toEqual([`creation/ocp/${tag}`]));
  it('the alternate mirror wakes the release', () =>
    expect(names(routeJob(job(`${tag}-alternate-mirror`), undefined))).toEqual([`release/ocp/${tag}`]));
  it('P33: the removal of its image wakes the stream that waits for it', () => {
    const removal = job(`remove-${tag}`, { completionTime: '2026-01-01T00:00:00Z' });
    const annotations = { ...removal.metadata.annotations, [`${prefix}/source`]: 'ocp/input' };
    expect(names(routeJob({ ...removal, metadata: { ...removal.metadata, annotations } }, undefined))).toEqual(['stream/ocp/input']);
  });
  it('its end is urgent, its start is not', () => {
    expect(routeJob(job(tag, { active: 1 }), undefined).owners[0]?.urgent).toBe(false);
    expect(routeJob(job(tag, { completionTime: '2026-01-01T00:00:00Z' }), undefined).owners[0]?.urgent).toBe(true);
  });
  it('audit trap 4: a verify job wakes the audit of its image, and makes room for the next one', () => {
    const annotations = { [`${prefix}/purpose`]: 'audit', [`${prefix}/releaseTag`]: tag, [`${prefix}/target`]: 'ocp/release' };
    const verify = (more: object): Job => {
      const made = job('verify-abc', { active: 1 });
      return { ...made, metadata: { ...made.metadata, annotations: { ...annotations, ...more } } };
    };
    const first = routeJob(verify({ 'waybill.dev/digest': 'sha256:abc' }), undefined);
    expect(names(first)).toEqual(['audit/ci-release/sha256:abc', 'verifyJobs/ci-release/ci-release']);
    expect(routeJob(verify({ 'waybill.dev/digest': 'sha256:abc' }), first.seen).owners).toEqual([]);
    expect(names(routeJob(verify({}), undefined))).toEqual(['verifyJobs/ci-release/ci-release']);
  });
  it('another job concerns nobody', () => {
    const foreign: Job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'backup', namespace: 'ci-release' } };
    expect(routeJob(foreign, undefined).owners).toEqual([]);
  });
});

describe('a ProwJob wakes the verification', () => {
  const job = (status: ProwJob['status']): ProwJob => ({
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name: `${tag}-aws`,
      namespace: 'ci',
      labels: { [`${prefix}/payload`]: tag },
      annotations: { [`${prefix}/source`]: 'ocp/input', [`${prefix}/tag`]: tag },
    },
    spec: { job: 'periodic-aws' },
    ...(status === undefined ? {} : { status }),
  });
  it('urgently when it has ended', () => {
    expect(routeProwJob(job({ state: 'success', completionTime: '2026-01-01T00:00:00Z' }), undefined).owners).toMatchObject([
      { workflow: 'verification', namespace: 'ocp', name: tag, urgent: true },
    ]);
  });
  it('at leisure while it runs', () =>
    expect(routeProwJob(job({ state: 'pending' }), undefined).owners).toMatchObject([{ urgent: false }]));
  it('not when nothing of its state changed', () => {
    const { seen } = routeProwJob(job({ state: 'pending' }), undefined);
    expect(routeProwJob(job({ state: 'pending', description: 'still' }), seen).owners).toEqual([]);
  });
  it('also when it is deleted by hand', () =>
    expect(ownersOfDeleted(routeProwJob(job({ state: 'pending' }), undefined))).toMatchObject([
      { workflow: 'verification', start: false, urgent: true },
    ]));
});

describe('an upgrade job tells the graph', () => {
  const graph = { namespace: 'graphs', architecture: 'amd64' };
  const job = (state: string, payload?: string): ProwJob => ({
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name: 'j',
      labels: { [label.verify]: 'true', ...(payload === undefined ? {} : { [label.payload]: payload }) },
      annotations: {
        [`${prefix}/from-tag`]: 'a',
        [`${prefix}/tag`]: 'b',
        [`${prefix}/architecture`]: 'amd64',
        [`${prefix}/source`]: 'ocp/input',
      },
    },
    spec: { job: 'p' },
    status: { state, url: 'https://prow/1' },
  });
  const told = (...states: ProwJob[]) => {
    let last = routeProwJob(states[0]!, undefined, graph);
    for (const each of states.slice(1)) last = routeProwJob(each, last.seen, graph);
    return names(last);
  };

  it('beside its verification, when it has ended', () => {
    expect(told(job('pending', 'b'), job('success', 'b'))).toEqual(['verification/ocp/b', 'graph/graphs/b']);
    expect(told(job('pending', 'b'))).toEqual(['verification/ocp/b']);
  });
  it('alone, when it belongs to no verification', () => expect(told(job('pending'), job('failure'))).toEqual(['graph/graphs/']));
  it('once', () => expect(told(job('success'), job('success'))).toEqual([]));
  it('not when it is deleted', () => expect(ownersOfDeleted(routeProwJob(job('success'), undefined, graph))).toEqual([]));
  it('where the graph is kept', () => expect(names(routeProwJob(job('success'), undefined))).toEqual([]));
});

describe('a Stable stream, which is its own target,', () => {
  const config = { [`${prefix}/config`]: '{"as":"Stable"}', [`${prefix}/hasReleases`]: 'true' };
  interface Given {
    phase?: string;
    generation?: number;
    imported?: { image?: string; generation?: number; failure?: string };
  }
  const given = ({ phase, generation = 1, imported: from = {} }: Given = {}): ImageStream => {
    const condition = { type: 'ImportSuccess', status: 'False', message: from.failure ?? '' };
    const item = { created: '', dockerImageReference: '', image: from.image ?? 'sha256:a', generation: from.generation ?? 1 };
    return stream(config, {
      spec: { tags: [{ ...(phase === undefined ? { name: '4.5.1' } : releaseTag('4.5.1', phase)), generation }] },
      status: { tags: [{ tag: '4.5.1', items: [item], ...(from.failure === undefined ? {} : { conditions: [condition] }) }] },
    });
  };
  const woken = (before: Given, after: Given) => names(routeImageStream(given(after), routeImageStream(given(before), undefined).seen));

  it.each<[string, Given, Given]>([
    ['people tag an image', { phase: 'Accepted' }, {}],
    ['a tag that is to be built is imported', { phase: 'Pending' }, { phase: 'Pending', imported: { generation: 2 } }],
    ['its image changes', { phase: 'Pending' }, { phase: 'Pending', imported: { image: 'sha256:b' } }],
    ['its import fails', { phase: 'Pending' }, { phase: 'Pending', imported: { failure: 'no such image' } }],
    ['it is pushed again', { phase: 'Pending' }, { phase: 'Pending', generation: 2 }],
    ['a release got its image, so that the next may begin', { phase: 'Pending' }, { phase: 'Ready' }],
  ])('hears when %s', (_name, before, after) => {
    expect(new Set(woken(before, after))).toEqual(new Set(['stream/ocp/input']));
  });

  it.each<[string, Given, Given]>([
    ['nothing changes', { phase: 'Pending' }, { phase: 'Pending' }],
    ['a finished release is imported again', { phase: 'Accepted' }, { phase: 'Accepted', imported: { image: 'sha256:b', generation: 5 } }],
  ])('hears nothing when %s', (_name, before, after) => {
    expect(woken(before, after)).toEqual([]);
  });
});

describe('a Pod', () => {
  const pod = (message: string) => ({
    metadata: { name: 'p', labels: { 'batch.kubernetes.io/job-name': tag } },
    status: { initContainerStatuses: [{ name: 'image-cli', state: { terminated: { exitCode: 0, message } } }] },
  });
  const jobOf = async (name: string): Promise<Job | undefined> =>
    name === tag
      ? {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name, annotations: { [`${prefix}/target`]: 'ocp/4-stable', [`${prefix}/releaseTag`]: name } },
        }
      : undefined;

  it('that told the image with oc wakes the creation of its release, once', async () => {
    const first = await routePod(pod('quay.example/cli:1'), undefined, jobOf);
    expect([names(first), first.owners[0]?.urgent]).toEqual([[`creation/ocp/${tag}`], true]);
    expect((await routePod(pod('quay.example/cli:1'), first.seen, jobOf)).owners).toEqual([]);
  });

  it('that told nothing, or whose job is gone, wakes nobody', async () => {
    expect((await routePod(pod(''), undefined, jobOf)).owners).toEqual([]);
    expect((await routePod(pod('quay.example/cli:1'), undefined, async () => undefined)).owners).toEqual([]);
  });
});
