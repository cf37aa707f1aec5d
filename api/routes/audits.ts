import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { auditedReleases, type AuditAgain } from '../audit-again.ts';
import { authorize, orderer } from '../authorize.ts';
import { Problem } from '../problem.ts';
import type { ViewSources } from '../views.ts';

export interface AuditOptions extends Pick<ViewSources, 'catalog'> {
  /** without one nobody may order anything */
  adminToken: string | undefined;
  auditAgain: AuditAgain;
}

const body = z.object({
  reason: z.string('reason must be a text').trim().min(1, 'reason must say why').max(1024, 'reason must have at most 1024 characters'),
  by: z.string().trim().max(200).optional(),
});

type Request = FastifyRequest<{ Params: { subject: string }; Querystring: { namespace?: string } }>;

/** A person has an image verified and recorded once more; it is signed where it is not yet. */
export function auditRoute(app: FastifyInstance, { catalog, adminToken, auditAgain }: AuditOptions): void {
  app.post('/api/waybill/v1/audits/:subject/again', async (request: Request) => {
    authorize(request.headers.authorization, adminToken);
    const parsed = body.safeParse(request.body);
    if (!parsed.success)
      throw new Problem(400, 'Wrong order', parsed.error.issues.map(({ message }) => message).join('; '), 'send {"reason": "…"}');
    const { reason, by } = parsed.data;
    const releases = auditedReleases(catalog, request.params.subject, request.query.namespace);
    for (const release of releases) await auditAgain(release, { by: orderer(by), reason });
    request.log.info({ subject: request.params.subject, reason, by, releases: releases.length }, 'audit again');
    return { releases: releases.map(({ namespace, tag, digest }) => ({ namespace, name: tag, digest })) };
  });
}
