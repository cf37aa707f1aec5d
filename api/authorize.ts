import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from './problem.ts';

/** @throws Problem 401 or 403 */
export function authorize(header: string | undefined, adminToken: string | undefined): void {
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

/** Who ordered something, with what proved it. */
export const orderer = (by: string | undefined) => (by ? `${by} (admin token)` : 'admin token');

/** Equal lengths, so that the comparison takes the same time whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
