import type { Container, PodSpec } from './kinds.ts';

/** What the containers of a verification job are told about the release. */
export interface ReleaseEnvironment {
  /** pull spec of the release under test */
  pullSpec: string;
  upgrade: boolean;
  /** pull spec of the release to upgrade from; unknown or empty where there is none */
  fromPullSpec?: string | undefined;
  /** public repository of the release's mirror */
  mirrorRepository?: string | undefined;
  /** component images of a reference release lie elsewhere: variables that name them stay as they are */
  reference: boolean;
  architecture: string;
  /** values for variables that a job has to declare to get them */
  declaredOnly: Readonly<Record<string, string>>;
  /** `spec.job`, for messages */
  job: string;
}

export type InjectedSpec =
  | { kind: 'spec'; podSpec: PodSpec }
  /** the job has nothing to test */
  | { kind: 'cannot-run'; reason: string }
  | { kind: 'error'; message: string };

/** Architectures with variables of their own; on `multi` the plain ones are set as well. */
const architectureInfix: Record<string, string[]> = {
  arm64: ['ARM64_'],
  s390x: ['S390X_'],
  ppc64le: ['PPC64LE_'],
  multi: ['', 'MULTI_'],
};

/**
 * Tells a job which release to test, as openshift/release-controller does (cmd/release-controller/
 * sync_verify_prow.go), with two differences: a job that declares RELEASE_IMAGE_INITIAL can run without an upgrade,
 * from the release itself, and a declared plain variable does not keep the architecture's own from being added.
 */
export function injectEnvironment(podSpec: PodSpec, environment: ReleaseEnvironment): InjectedSpec {
  const { upgrade, fromPullSpec, pullSpec } = environment;
  const initial = upgrade ? fromPullSpec : pullSpec;
  // to run without the release would test nothing, and to be skipped would count as success
  if (!pullSpec) return { kind: 'error', message: `no pull spec is known for the release that prow job ${environment.job} is to test` };
  if (!initial) return { kind: 'cannot-run', reason: 'there is no release to upgrade from' };
  const containers = podSpec.containers ?? [];
  if (environment.mirrorRepository === undefined && !environment.reference && containers.some(namesComponents))
    return { kind: 'error', message: `unable to determine IMAGE_FORMAT for prow job ${environment.job}` };
  return { kind: 'spec', podSpec: { ...podSpec, containers: containers.map((container) => inject(container, environment, initial)) } };
}

const componentVariable = /^IMAGE_(.+)$/;

function namesComponents({ env }: Container): boolean {
  return (env ?? []).some(({ name }) => componentVariable.test(name));
}

type Variable = NonNullable<Container['env']>[number];

function inject(container: Container, environment: ReleaseEnvironment, initial: string): Container {
  const release = releaseVariables(environment, initial);
  const values = new Map([...Object.entries(environment.declaredOnly), ...release]);
  // a job may declare the plain variables on any architecture
  values.set('RELEASE_IMAGE_LATEST', environment.pullSpec).set('RELEASE_IMAGE_INITIAL', initial);
  const declared = (container.env ?? []).map((variable) =>
    valued(variable, values.get(variable.name) ?? componentImage(variable, environment)),
  );
  const names = new Set(declared.map(({ name }) => name));
  const added = release.filter(([name]) => !names.has(name)).map(([name, value]) => ({ name, value }));
  const env = [...declared, ...added, { name: 'OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY', value: 'false' }];
  return { ...container, args: [...(container.args ?? []), '--multi-stage-param=RELEASE_CONTROLLER_JOB=true'], env };
}

function releaseVariables({ architecture, pullSpec }: ReleaseEnvironment, initial: string): [name: string, value: string][] {
  const infixes = architectureInfix[architecture] ?? [''];
  return [
    ...infixes.map((infix): [string, string] => [`RELEASE_IMAGE_${infix}LATEST`, pullSpec]),
    ...infixes.map((infix): [string, string] => [`RELEASE_IMAGE_${infix}INITIAL`, initial]),
  ];
}

function valued(variable: Variable, value: string | undefined): Variable {
  // not a spread: a variable cannot have a value and a source
  return value === undefined ? variable : { name: variable.name, value };
}

/** `IMAGE_FORMAT` is a template over all components, `IMAGE_<X>` the image of one. */
function componentImage({ name }: Variable, { mirrorRepository, reference }: ReleaseEnvironment): string | undefined {
  const component = componentVariable.exec(name)?.[1];
  if (component === undefined || reference) return undefined;
  return `${mirrorRepository}:${component === 'FORMAT' ? '${component}' : component.toLowerCase().replaceAll('_', '-')}`;
}
