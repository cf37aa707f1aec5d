import type { ImageStream } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import {
  bearsMark,
  missingImages,
  publishedRelease,
  publishSteps,
  withAlias,
  withRelease,
  type PublishedStream,
  type PublishStep,
} from '../../domain/payload/publish.ts';
import type { StreamSnapshot } from '../../domain/payload/stream-tags.ts';
import type { PublishActivities, PublishOutcome, PublishSurvey } from '../publish-contract.ts';
import { isConflict, KubernetesError } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams } from './resources.ts';
import { phasesOf, readStream } from './stream-reader.ts';

const attempts = 5;

type Dependencies = Pick<PayloadDependencies, 'client' | 'releaseNamespaces' | 'publishNamespaces'>;

export function publishActivities(dependencies: Dependencies): Pick<PublishActivities, 'publishRelease'> {
  const { client } = dependencies;
  return {
    async publishRelease(id) {
      const read = await readStream(client, id);
      if (read.kind !== 'read' || read.target === undefined || read.config.endOfLife) return { errors: [], again: false };
      const { source, config, target } = read;
      const stream = { source, config, target, phases: await phasesOf(client, source, target) };
      const release = publishedRelease(stream);
      const outcome: PublishOutcome = { errors: [], again: false };
      if (release === undefined) return outcome;
      for (const step of publishSteps(stream)) {
        const error = await carryOut(dependencies, stream, step, release);
        if (isConflict(error)) outcome.again = true;
        else if (error !== undefined) outcome.errors.push(complaint(step, error));
      }
      return outcome;
    },
  };
}

/** Reads and decides only; part of a look at a stream, so that a stream with nothing to publish costs no step of its own. */
export async function surveyPublishing(dependencies: Dependencies, stream: StreamSnapshot): Promise<PublishSurvey | undefined> {
  if (stream.config.endOfLife) return undefined;
  const release = publishedRelease(stream);
  const steps = release === undefined ? [] : publishSteps(stream);
  if (release === undefined || steps.length === 0) return undefined;
  const survey: PublishSurvey = { release, due: [], errors: [] };
  for (const step of steps) {
    try {
      const { target } = stream;
      const { write, lacking } = await plan(dependencies, stream, step, release, step.kind === 'alias' ? target : undefined);
      if (write !== undefined) survey.due.push(step.entry);
      if (lacking !== undefined) survey.lacking = [...(survey.lacking ?? []), `publish step ${step.entry}: ${lacking}`];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      survey.errors.push(complaint(step, error));
    }
  }
  return survey.due.length + survey.errors.length === 0 && survey.lacking === undefined ? undefined : survey;
}

/** @returns what went wrong; a conflict when others kept writing */
async function carryOut(dependencies: Dependencies, stream: StreamSnapshot, step: PublishStep, release: string): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { write } = await plan(dependencies, stream, step, release);
      if (write !== undefined) await dependencies.client.replace(imageStreams, write);
      return undefined;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      if (!isConflict(error) || attempt === attempts) return error;
    }
  }
}

interface Planned {
  /** the image stream as the step wants it; absent when it is so */
  write?: ImageStream | undefined;
  /** what is needed and is not there */
  lacking?: string;
}

async function plan(
  { client, releaseNamespaces, publishNamespaces }: Dependencies,
  stream: StreamSnapshot,
  step: PublishStep,
  release: string,
  known?: ImageStream,
): Promise<Planned> {
  const { source, config, target } = stream;
  const read = (namespace: string | undefined, name: string) => client.get<ImageStream>(imageStreams, namespace, name);
  if (step.kind === 'alias') {
    const current = known ?? (await read(target.metadata.namespace, target.metadata.name));
    return { write: current && changed(current, withAlias(current, step.alias, release)) };
  }
  const { namespace, name, tags, excludeTags } = step;
  if (!publishNamespaces.includes(namespace) && !(await releaseNamespaces.has(namespace)))
    throw new UnregisteredNamespace(`cannot publish to namespace ${namespace}, namespace was not registered for either release or publish`);
  const destination = await read(namespace, name);
  if (destination === undefined) return { lacking: `there is no image stream ${namespace}/${name} to publish to: create it` };
  if (tags.length === 0 && bearsMark(destination, config.name, release)) return {};
  const mirrored = mirrorName(config, source, release);
  const mirror = await read(source.metadata.namespace, mirrored);
  if (mirror === undefined)
    return { lacking: `the images of ${release} are gone: there is no image stream ${source.metadata.namespace}/${mirrored}` };
  const write = changed(destination, withRelease(destination, mirror, { stream: config.name, release, tags, excludeTags }));
  const missing = missingImages(mirror, step);
  return { write, ...(missing.length === 0 ? {} : { lacking: `${release} has no image ${missing.join(', ')}` }) };
}

function changed(stream: ImageStream, published: PublishedStream | undefined): ImageStream | undefined {
  if (published === undefined) return undefined;
  const annotations = { ...stream.metadata.annotations, ...published.annotations };
  return { ...stream, metadata: { ...stream.metadata, annotations }, spec: { ...stream.spec, tags: published.tags } };
}

class UnregisteredNamespace extends Error {}

/** Says no to this step alone. Anything else may be said to any request, and is worth waiting for. */
const isRefusal = (error: unknown) =>
  error instanceof UnregisteredNamespace || (error instanceof KubernetesError && error.status >= 400 && error.status < 500);

function complaint({ kind, entry }: PublishStep, error: unknown): string {
  const what = kind === 'alias' ? 'tag' : 'image stream';
  return `unable to update ${what} for publish step ${entry}: ${error instanceof Error ? error.message : String(error)}`;
}
