import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The release that a request names: its tag in the path, its namespace where that is given. */
export function subjectOf({ params, query }: FastifyRequest): { releaseTag?: string; releaseNamespace?: string } {
  const { tag } = (params ?? {}) as { tag?: string };
  const { namespace } = (query ?? {}) as { namespace?: unknown };
  if (tag === undefined) return {};
  return { releaseTag: tag, ...(typeof namespace === 'string' && namespace !== '' && { releaseNamespace: namespace }) };
}

/** Every log line of a request names the release that its path names. */
export function nameLogLines(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const subject = subjectOf(request);
    if (subject.releaseTag !== undefined) {
      request.log = request.log.child(subject);
      reply.log = request.log;
    }
    done();
  });
}
