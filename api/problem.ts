import type { FastifyReply } from 'fastify';

/** An answer that is not success, for the routes of our own (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  /** what the caller can do about it */
  readonly next: string;

  /** @param detail names the thing and the reason */
  constructor(status: number, title: string, detail: string, next: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.next = next;
  }
}

export function sendProblem(reply: FastifyReply, { status, title, message, next }: Problem): FastifyReply {
  const body = { type: 'about:blank', title, status, detail: message, next };
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(body)));
}
