import type { Difference } from './compare.ts';

/** A difference that is meant. */
export interface Deviation {
  /** first cell of its row in docs/compatibility.md */
  row: string;
  /** of the object: `Job/…` */
  object: RegExp;
  path: RegExp;
  /** when the place alone does not tell */
  when?: (difference: Difference) => boolean;
}

const onlyUpstream = ({ here }: Difference) => here === undefined;
const onlyHere = ({ upstream }: Difference) => upstream === undefined;
/** The mark of a Stable release ends with the generation of its tag. */
const areMarks = ({ upstream, here }: Difference) => {
  const [theirs, ours] = [upstream, here].map((value) => /^(\d+\.\d+\.\d+)-\d+$/.exec(String(value))?.[1]);
  return theirs !== undefined && theirs === ours;
};
const areNumbers = ({ upstream, here }: Difference) => /^\d+$/.test(String(upstream)) && /^\d+$/.test(String(here));

/** All that may differ. Whatever is not here fails; docs/compatibility.md says why it is meant. */
export const deviations: Deviation[] = [
  { row: 'A release job that hangs (P31)', object: /^Job\//, path: /^spec\.activeDeadlineSeconds$/, when: onlyHere },
  {
    row: 'Phase in the tag’s annotation (P3)',
    object: /^ImageStream\//,
    path: /^spec\.tags\..+\.annotations\.release\.openshift\.io\/phase$/,
    when: ({ upstream }) => upstream === 'Pending' || upstream === 'Ready',
  },
  {
    row: 'Phase in the tag’s annotation (P3)',
    object: /^ImageStream\//,
    path: /^spec\.tags\..+\.annotations\.release\.openshift\.io\/(reason|message)$/,
    when: onlyHere,
  },
  {
    // Each write of a tag raises the generation of its stream.
    row: 'Phase in the tag’s annotation (P3)',
    object: /^(Job|ImageStream)\//,
    path: /^annotations\.release\.openshift\.io\/generation$/,
    when: areNumbers,
  },
  {
    row: 'Phase in the tag’s annotation (P3)',
    object: /^ImageStream\//,
    path: /(^|\.)annotations\.release\.openshift\.io\/hash$/,
    when: areMarks,
  },
  {
    // An alias, and a reference release, takes the generation that its stream had.
    row: 'Phase in the tag’s annotation (P3)',
    object: /^ImageStream\//,
    path: /^spec\.tags\.([^#]+|.+-#\d+)\.generation$/,
    when: areNumbers,
  },
  { row: 'Generation of a mirror’s tags', object: /^ImageStream\/.*-#\d+$/, path: /^spec\.tags\..+\.generation$/, when: areNumbers },
  { row: 'Waiting for a mirror (P32)', object: /^Event\/.*has no DockerImageRepository$/, path: /^$/, when: onlyUpstream },
  // Of a mirror that is there before its cache knows it, release-controller looks up one without a name.
  { row: 'Waiting for a mirror (P32)', object: /^Event\/.*: resource name may not be empty$/, path: /^$/, when: onlyUpstream },
  { row: 'One bad job definition (P15)', object: /^Event\/.*: UnableToVerifyRelease: .* is not valid: /, path: /^$/, when: onlyUpstream },
  {
    row: 'A job with nothing to test, such as an upgrade in the first release of a stream (trap 5, P8)',
    object: /^Event\/.*: VerificationSkipped: /,
    path: /^$/,
    when: onlyHere,
  },
  {
    row: 'A job with nothing to test, such as an upgrade in the first release of a stream (trap 5, P8)',
    object: /^ReleasePayload\//,
    path: /^status\.(blocking|informing)JobResults\.[^.]+\.results$/,
    when: ({ upstream, here }) => upstream === undefined && /"cluster":"build/.exec(JSON.stringify(here)) === null,
  },
  {
    row: 'A job with nothing to test, such as an upgrade in the first release of a stream (trap 5, P8)',
    object: /^ReleasePayload\//,
    path: /^status\.(blocking|informing)JobResults\.[^.]+\.state$/,
    when: ({ upstream, here }) => upstream === 'Unknown' && here === 'Success',
  },
  {
    row: 'Runs of an aggregated job (trap 6, P22)',
    object: /^ReleasePayload\//,
    path: /^status\.informingJobResults\.aggregated-.+\.(results|state)$/,
    when: ({ upstream }) => upstream === undefined || upstream === 'Unknown',
  },
  {
    row: 'The release under test as its own upgrade source',
    object: /^ProwJob\/<uuid> of s\d+-patch$/,
    path: /^(annotations\.release\.openshift\.io\/from-tag|spec\.pod_spec\.containers\.test\.env\.RELEASE_IMAGE_INITIAL\.value)$/,
  },
  { row: 'Events of payloads', object: /^Event\/ReleasePayload\//, path: /^$/, when: onlyHere },
  { row: 'A failed release job', object: /^Event\/.*: UnableToProcessRelease: (\S+-#\d+|\d+\.\d+\.\d+): /, path: /^$/, when: onlyHere },
  { row: 'Removal jobs of reference releases (P33)', object: /^Job\/remove-/, path: /^annotations$/, when: onlyHere },
  { row: 'Removal and audit jobs (P33)', object: /^Job\/remove-/, path: /^$/, when: onlyUpstream },
  { row: 'Writing tags (P30)', object: /^Event\/.*Operation cannot be fulfilled on /, path: /^$/, when: onlyUpstream },
  { row: 'The status of a payload before its release job begins', object: /^ReleasePayload\//, path: /^status$/, when: onlyUpstream },
];

export const deviationOf = (difference: Difference): Deviation | undefined =>
  deviations.find(
    ({ object, path, when = () => true }) => object.test(difference.object) && path.test(difference.path) && when(difference),
  );
