import { stringify } from 'yaml';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { CommandError, parseFlags } from './command-flags.ts';
import type { OcContext } from './oc.ts';

const flagKinds = { namespace: 'string', output: 'string' } as const;

/**
 * `oc get imagestream NAME --output=yaml`: the whole object, keys in order of the alphabet, as oc prints it.
 *
 * @throws CommandError for another kind, another output, or a stream that is not there
 */
export async function ocGet(words: readonly string[], { client, namespace, print }: OcContext): Promise<void> {
  const flags = parseFlags(words, flagKinds);
  const [kind = '', name = '', ...more] = flags.args;
  if (!/^(imagestreams?|is)$/.test(kind) || name === '' || more.length > 0 || flags.string('output') !== 'yaml')
    throw new CommandError('error: the sandbox only plays "oc get imagestream NAME --output=yaml"');
  const stream = await client.get<ImageStream>(imageStreams, flags.string('namespace') || namespace, name);
  if (stream === undefined) throw new CommandError(`Error from server (NotFound): imagestreams.image.openshift.io "${name}" not found`);
  print(stringify(stream, { sortMapEntries: true, lineWidth: 0 }).trimEnd());
}
