import { z } from 'zod';

/**
 * What a signature says, as clusters check it: an "atomic container signature" of one release image
 * (openshift/release-controller, pkg/signer/signer.go; read by openshift/library-go, pkg/verify).
 */
export interface SignatureContent {
  digest: string;
  /** where the image was when it was signed: `repository:tag` */
  location: string;
  /** seconds since the epoch */
  timestamp: number;
}

const signatureType = 'atomic container signature';
const creator = 'openshift release-controller';

/** The signed text. Clients parse it strictly, so neither the keys nor their order are ours to choose. */
export function writeSignatureContent({ digest, location, timestamp }: SignatureContent): string {
  const content = {
    critical: {
      type: signatureType,
      image: { 'docker-manifest-digest': digest },
      identity: { 'docker-reference': location },
    },
    optional: { creator, timestamp },
  };
  return JSON.stringify(content, null, 2);
}

const contentSchema = z.strictObject({
  critical: z.strictObject({
    type: z.literal(signatureType),
    image: z.strictObject({ 'docker-manifest-digest': z.string() }),
    identity: z.strictObject({ 'docker-reference': z.string().min(1) }),
  }),
  optional: z.strictObject({ creator: z.string().optional(), timestamp: z.number().int().optional() }).optional(),
});

/**
 * Reads a signed text by the clients' rules: no unknown field, the right type, a reference that is not empty.
 *
 * @returns undefined where a client would refuse it; the timestamp is 0 where the text has none
 */
export function readSignatureContent(text: string): SignatureContent | undefined {
  const parsed = contentSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { critical, optional } = parsed.data;
  return {
    digest: critical.image['docker-manifest-digest'],
    location: critical.identity['docker-reference'],
    timestamp: optional?.timestamp ?? 0,
  };
}

/** Why clients refuse a signed text; undefined where they read it. */
export function contentProblem(text: string): string | undefined {
  const json = parseJson(text);
  if (json === undefined) return 'what it signs is not JSON';
  const [issue] = contentSchema.safeParse(json).error?.issues ?? [];
  if (issue === undefined) return undefined;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const where = [...issue.path.map(String), ...unknown].join('.');
  return `what it signs has ${unknown.length > 0 ? `the unknown field ${where}` : `no valid ${where || 'content'}`}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
