import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { authorize, orderer } from '../authorize.ts';
import type { OverrideWriter, WakeRelease } from '../override.ts';
import { Problem } from '../problem.ts';
import { findOne, type ViewSources } from '../views.ts';

export interface OverrideOptions extends Pick<ViewSources, 'catalog'> {
  /** without one nobody may write */
  adminToken: string | undefined;
  overrides: OverrideWriter;
  wakeRelease: WakeRelease;
}

const why = {
  reason: z.string('reason must be a text').trim().min(1, 'reason must say why').max(1024, 'reason must have at most 1024 characters'),
  by: z.string().trim().max(200).optional(),
  /** false: the payload is only shown as it is */
  execute: z.boolean('execute must be true or false').default(true),
};
const order = z.object({ override: z.enum(['Accepted', 'Rejected'], 'override must be Accepted or Rejected'), ...why });
const withdrawal = z.object(why);

type Request = FastifyRequest<{ Params: { tag: string }; Querystring: { namespace?: string } }>;

/** The writes of the API: a person's verdict about a release, and taking it back. Sent again they change nothing. */
export function overrideRoute(app: FastifyInstance, { catalog, adminToken, overrides, wakeRelease }: OverrideOptions): void {
  app.post('/api/waybill/v1/releases/:tag/override', async (request: Request) => {
    authorize(request.headers.authorization, adminToken);
    const { override, reason, by, execute } = parse(order, request.body, 'send {"override": "Accepted" or "Rejected", "reason": "…"}');
    const { name, namespace, payload } = releaseWithPayload(catalog, request);
    if (!execute) return { name, namespace, override, reason, changed: false, before: [payload] };
    const changed = await overrides.write(namespace, name, { override, reason, by: orderer(by) });
    request.log.info({ releaseNamespace: namespace, override, reason, by, changed }, 'override');
    if (changed) await wakeRelease(namespace, name);
    return { name, namespace, override, reason, changed };
  });

  app.post('/api/waybill/v1/releases/:tag/clear-override', async (request: Request) => {
    authorize(request.headers.authorization, adminToken);
    const { reason, by, execute } = parse(withdrawal, request.body, 'send {"reason": "…"}');
    const { name, namespace, payload } = releaseWithPayload(catalog, request);
    if (!execute) return { name, namespace, reason, changed: false, before: [payload] };
    const changed = await overrides.withdraw(namespace, name, { reason, by: orderer(by) });
    request.log.info({ releaseNamespace: namespace, reason, by, changed }, 'override withdrawn');
    if (changed) await wakeRelease(namespace, name);
    return { name, namespace, reason, changed };
  });
}

/** @throws Problem 400 with everything that is wrong */
function parse<T>(schema: z.ZodType<T>, given: unknown, send: string): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem(400, 'Wrong order', parsed.error.issues.map(({ message }) => message).join('; '), send);
}

/** @throws Problem 404 or 409 */
function releaseWithPayload(catalog: OverrideOptions['catalog'], { params, query }: Request) {
  const { name, namespace, payload } = findOne(catalog, params.tag, query.namespace);
  if (payload !== undefined) return { name, namespace, payload };
  throw new Problem(
    409,
    'No payload',
    `release ${name} has no ReleasePayload in namespace ${namespace}`,
    'a verdict needs one: see `waybill release why`',
  );
}
