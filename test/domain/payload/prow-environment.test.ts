import { describe, expect, it } from 'vitest';
import type { Container } from '../../../domain/payload/kinds.ts';
import { injectEnvironment, type ReleaseEnvironment } from '../../../domain/payload/prow-environment.ts';

const own = 'registry.ci.openshift.org/ocp/release:4.20.1';
const external = 'quay.io/openshift-release-dev/ocp-release:rc_payload__4.20.1';
const previous = 'registry.ci.openshift.org/ocp/release:4.20.0';
const upgrade = { upgrade: true, fromPullSpec: previous };

type Variables = NonNullable<Container['env']>;

function inject(env: Variables = [], environment: Partial<ReleaseEnvironment> = {}) {
  const facts = {
    pullSpec: own,
    upgrade: false,
    mirrorRepository: 'registry/ocp/m',
    reference: false,
    architecture: 'amd64',
    declaredOnly: {},
    job: 'periodic-aws',
    ...environment,
  };
  return injectEnvironment({ containers: [{ name: 'test', env }] }, facts);
}

function variables(...args: Parameters<typeof inject>): Record<string, string | undefined> {
  const injected = inject(...args);
  if (injected.kind !== 'spec') throw new Error(JSON.stringify(injected));
  const env = injected.podSpec.containers?.[0]?.env ?? [];
  expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
  const { OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY: publicOnly, ...rest } = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  expect(publicOnly).toBe('false');
  return rest;
}

describe('release environment of a job', () => {
  it('core 34: names the release twice when it is no upgrade', () => {
    expect(variables()).toEqual({ RELEASE_IMAGE_LATEST: own, RELEASE_IMAGE_INITIAL: own });
  });
  it('core 35: names the external payload of a reference release', () => {
    expect(variables([], { pullSpec: external, reference: true })).toEqual({
      RELEASE_IMAGE_LATEST: external,
      RELEASE_IMAGE_INITIAL: external,
    });
  });
  it('core 36: names the release that an upgrade starts from', () => {
    expect(variables([], { pullSpec: external, reference: true, ...upgrade })).toEqual({
      RELEASE_IMAGE_LATEST: external,
      RELEASE_IMAGE_INITIAL: previous,
    });
  });

  const infixes: [string, string[]][] = [
    ['amd64', ['']],
    ['arm64', ['ARM64_']],
    ['s390x', ['S390X_']],
    ['ppc64le', ['PPC64LE_']],
    ['multi', ['', 'MULTI_']],
    ['riscv64', ['']],
  ];
  it.each(infixes.flatMap(([architecture, names]) => [false, true].map((reference) => [architecture, reference, names] as const)))(
    'core 37: on %s, reference %s, the variables of the architecture are set',
    (architecture, reference, names) => {
      const pullSpec = reference ? external : own;
      const expected = names.flatMap((infix) => [
        [`RELEASE_IMAGE_${infix}LATEST`, pullSpec],
        [`RELEASE_IMAGE_${infix}INITIAL`, previous],
      ]);
      expect(variables([], { architecture, pullSpec, reference, ...upgrade })).toEqual(Object.fromEntries(expected));
    },
  );

  it('core 38: overwrites what the job declares', () => {
    expect(variables([{ name: 'RELEASE_IMAGE_LATEST', value: 'placeholder' }])).toEqual({
      RELEASE_IMAGE_LATEST: own,
      RELEASE_IMAGE_INITIAL: own,
    });
  });

  it('gives a declared variable a value in place of its source', () => {
    const injected = inject([{ name: 'RELEASE_IMAGE_LATEST', valueFrom: { fieldRef: {} } }]);
    expect(injected).toMatchObject({
      podSpec: { containers: [{ env: expect.arrayContaining([{ name: 'RELEASE_IMAGE_LATEST', value: own }]) }] },
    });
  });

  it('lets a job that declares RELEASE_IMAGE_INITIAL run without an upgrade', () => {
    expect(variables([{ name: 'RELEASE_IMAGE_INITIAL' }])).toEqual({ RELEASE_IMAGE_LATEST: own, RELEASE_IMAGE_INITIAL: own });
  });

  it('adds the variables of the architecture beside declared plain ones', () => {
    const declared = [{ name: 'RELEASE_IMAGE_LATEST' }, { name: 'RELEASE_IMAGE_INITIAL' }];
    expect(variables(declared, { architecture: 'arm64', ...upgrade })).toEqual({
      RELEASE_IMAGE_LATEST: own,
      RELEASE_IMAGE_INITIAL: previous,
      RELEASE_IMAGE_ARM64_LATEST: own,
      RELEASE_IMAGE_ARM64_INITIAL: previous,
    });
  });

  const components = [{ name: 'IMAGE_FORMAT' }, { name: 'IMAGE_MACHINE_OS_CONTENT' }, { name: 'OTHER', value: 'x' }];
  it('names the component images in the mirror', () => {
    expect(variables(components)).toMatchObject({
      IMAGE_FORMAT: 'registry/ocp/m:${component}',
      IMAGE_MACHINE_OS_CONTENT: 'registry/ocp/m:machine-os-content',
      OTHER: 'x',
    });
  });
  it('leaves component images of a reference release alone', () => {
    expect(variables(components, { reference: true, mirrorRepository: undefined })).toMatchObject({ IMAGE_FORMAT: undefined, OTHER: 'x' });
  });
  it('is an error without a mirror only when component images are asked for', () => {
    expect(inject(components, { mirrorRepository: undefined })).toEqual({
      kind: 'error',
      message: 'unable to determine IMAGE_FORMAT for prow job periodic-aws',
    });
    expect(inject([], { mirrorRepository: undefined }).kind).toBe('spec');
  });

  it('gives some variables a value only where they are declared', () => {
    const declaredOnly = { PAYLOAD_TAG: '4.20.1', JOB_START_TIME: 'now' };
    expect(variables([{ name: 'PAYLOAD_TAG', value: '' }], { declaredOnly })).toEqual({
      PAYLOAD_TAG: '4.20.1',
      RELEASE_IMAGE_LATEST: own,
      RELEASE_IMAGE_INITIAL: own,
    });
  });

  it.each([undefined, ''])('cannot run an upgrade from %j', (fromPullSpec) => {
    expect(inject([], { upgrade: true, fromPullSpec })).toEqual({ kind: 'cannot-run', reason: 'there is no release to upgrade from' });
  });
  it('is an error while nobody knows where the release is', () => {
    expect(inject([], { pullSpec: '' })).toMatchObject({ kind: 'error' });
  });

  it('tells every container, and adds an argument to each', () => {
    const facts = { pullSpec: own, upgrade: false, reference: false, architecture: 'amd64', declaredOnly: {}, job: 'j' };
    const pod = {
      serviceAccountName: 'x',
      containers: [{ name: 'a', args: ['--first'], env: [{ name: 'RELEASE_IMAGE_LATEST' }] }, { name: 'b' }],
    };
    const before = structuredClone(pod);
    const injected = injectEnvironment(pod, facts);
    const argument = '--multi-stage-param=RELEASE_CONTROLLER_JOB=true';
    expect(injected).toMatchObject({
      podSpec: { serviceAccountName: 'x', containers: [{ args: ['--first', argument] }, { args: [argument] }] },
    });
    const counts = injected.kind === 'spec' && injected.podSpec.containers?.map(({ env }) => env?.length);
    expect(counts).toEqual([3, 3]);
    expect(pod).toEqual(before);
  });
});
