import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { KubernetesError, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import type { Wake } from '../../activities/wake.ts';
import { authorize, orderer } from '../authorize.ts';
import { approval } from '../operations/approval.ts';
import { archive } from '../operations/archive.ts';
import { keptReleases } from '../operations/kept.ts';
import { orderedByAnnotation, type Operation } from '../operations/operation.ts';
import { importFailed, lock, poke, revert, unlock } from '../operations/streams.ts';
import { bypass, keep, prune, unkeep } from '../operations/tags.ts';
import { Problem } from '../problem.ts';
import type { ViewSources } from '../views.ts';

export interface OrderOptions extends Pick<ViewSources, 'catalog' | 'now'> {
  adminToken: string | undefined;
  /** what orders are carried out with */
  orders: { client: KubernetesClient; wake: Pick<Wake, 'owner'> };
}

const operations: Record<string, Operation> = {
  keep,
  unkeep,
  prune,
  archive,
  approval,
  import: importFailed,
  lock,
  unlock,
  revert,
  bypass,
  poke,
};

const common = z.object({
  reason: z.string('reason must be a text').trim().min(1, 'reason must say why').max(1024, 'reason must have at most 1024 characters'),
  by: z.string().trim().max(200).optional(),
  execute: z.boolean('execute must be true or false').default(false),
});

type Request = FastifyRequest<{ Params: { operation: string } }>;

/** What operators do by hand. Without `execute` an order only says what it would change; sent again it changes nothing more. */
export function orderRoutes(app: FastifyInstance, { catalog, adminToken, orders, now }: OrderOptions): void {
  app.get('/api/waybill/v1/kept', () => ({ kept: keptReleases(catalog, orderedByAnnotation) }));

  app.post('/api/waybill/v1/operations/:operation', async (request: Request) => {
    authorize(request.headers.authorization, adminToken);
    const { operation: name } = request.params;
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (operation === undefined)
      throw new Problem(404, 'No such operation', `there is no operation ${name}`, `there are ${Object.keys(operations).join(', ')}`);
    const { reason, by, execute } = parsed(common, request.body);
    const input = parsed(operation.input, request.body) as never;
    const order = { operation: name, ...orders, by: orderer(by), reason, now: now(), execute };
    const carried = await operation.carryOut(input, order).catch(refused);
    request.log.info({ operation: name, input, by, reason, execute, changes: carried.changes.length }, 'order');
    return { operation: name, executed: execute, ...carried };
  });
}

/** @throws Problem 400 */
function parsed<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  throw new Problem(400, 'Wrong order', wrong.join('; '), 'correct the order; see docs/operations.md');
}

function refused(error: unknown): never {
  if (!(error instanceof KubernetesError)) throw error;
  throw new Problem(
    502,
    'The cluster refused',
    `the order could not be carried out: ${error.reason}: ${error.message}`,
    'see whether the API server is up and the server has the rights in infra/rbac/server.yaml; sent again, the order goes on where it stopped',
  );
}
