import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WakeRelease, WriteOverride } from '../override.ts';
import { Problem } from '../problem.ts';
import { findOne, type ViewSources } from '../views.ts';

export interface OverrideOptions extends Pick<ViewSources, 'catalog'> {
  /** without one nobody may write */
  adminToken: string | undefined;
  write: WriteOverride;
  wakeRelease: WakeRelease;
}

const body = z.object({
  override: z.enum(['Accepted', 'Rejected'], 'override must be Accepted or Rejected'),
  reason: z.string('reason must be a text').trim().min(1, 'reason must say why').max(1024, 'reason must have at most 1024 characters'),
  by: z.string().trim().max(200).optional(),
});

type Request = FastifyRequest<{ Params: { tag: string }; Querystring: { namespace?: string } }>;

/** The one write of the API: a person's verdict about a release. Sent again it changes nothing. */
export function overrideRoute(app: FastifyInstance, { catalog, adminToken, write, wakeRelease }: OverrideOptions): void {
  app.post('/api/waybill/v1/releases/:tag/override', async (request: Request) => {
    authorize(request.headers.authorization, adminToken);
    const parsed = body.safeParse(request.body);
    if (!parsed.success)
      throw new Problem(
        400,
        'Wrong order',
        parsed.error.issues.map(({ message }) => message).join('; '),
        'send {"override": "Accepted" or "Rejected", "reason": "…"}',
      );
    const { override, reason, by } = parsed.data;
    const { name, namespace, payload } = findOne(catalog, request.params.tag, request.query.namespace);
    if (payload === undefined)
      throw new Problem(
        409,
        'No payload',
        `release ${name} has no ReleasePayload in namespace ${namespace}`,
        'a verdict needs one: see `waybill release why`',
      );
    const changed = await write(namespace, name, { override, reason, by: by ? `${by} (admin token)` : 'admin token' });
    request.log.info({ releaseNamespace: namespace, override, reason, by, changed }, 'override');
    if (changed) await wakeRelease(namespace, name);
    return { name, namespace, override, reason, changed };
  });
}

/** @throws Problem 401 or 403 */
function authorize(header: string | undefined, adminToken: string | undefined): void {
  if (adminToken === undefined)
    throw new Problem(403, 'Nobody may write', 'this server has no admin token', 'set WAYBILL_ADMIN_TOKEN for the server');
  const [, given] = /^Bearer (\S+)$/i.exec(header ?? '') ?? [];
  if (given === undefined)
    throw new Problem(401, 'Who are you?', 'the request has no bearer token', 'send `Authorization: Bearer TOKEN` with the admin token');
  if (!timingSafeEqual(digest(given), digest(adminToken)))
    throw new Problem(
      401,
      'Wrong token',
      'the bearer token is not the admin token',
      'on a local stack it stands in .waybill/local.json as adminToken',
    );
}

/** Equal lengths, so that the comparison takes the same time whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
