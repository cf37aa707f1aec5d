import type { ImageStream } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import {
  bearsMark,
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
      const planned = await plan(dependencies, stream, step, release, step.kind === 'alias' ? target : undefined);
      if (planned !== undefined) survey.due.push(step.entry);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      survey.errors.push(complaint(step, error));
    }
  }
  return survey.due.length + survey.errors.length === 0 ? undefined : survey;
}

/** @returns what went wrong; a conflict when others kept writing */
async function carryOut(dependencies: Dependencies, stream: StreamSnapshot, step: PublishStep, release: string): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const planned = await plan(dependencies, stream, step, release);
      if (planned !== undefined) await dependencies.client.replace(imageStreams, planned);
      return undefined;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      if (!isConflict(error) || attempt === attempts) return error;
    }
  }
}

/** The image stream as a step wants it to be written; undefined when it is so, or when something that is needed is not there. */
async function plan(
  { client, releaseNamespaces, publishNamespaces }: Dependencies,
  stream: StreamSnapshot,
  step: PublishStep,
  release: string,
  known?: ImageStream,
): Promise<ImageStream | undefined> {
  const { source, config, target } = stream;
  const read = (namespace: string | undefined, name: string) => client.get<ImageStream>(imageStreams, namespace, name);
  if (step.kind === 'alias') {
    const current = known ?? (await read(target.metadata.namespace, target.metadata.name));
    return current && changed(current, withAlias(current, step.alias, release));
  }
  const { namespace, name, tags, excludeTags } = step;
  if (!publishNamespaces.includes(namespace) && !(await releaseNamespaces.has(namespace)))
    throw new UnregisteredNamespace(`cannot publish to namespace ${namespace}, namespace was not registered for either release or publish`);
  const destination = await read(namespace, name);
  if (destination === undefined || (tags.length === 0 && bearsMark(destination, config.name, release))) return undefined;
  const mirror = await read(source.metadata.namespace, mirrorName(config, source, release));
  return mirror && changed(destination, withRelease(destination, mirror, { stream: config.name, release, tags, excludeTags }));
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
