import { CommandError, exitCode, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { serverAddress, type ServerOptions } from './server-address.ts';

const answerMs = 20_000;

/** The server's own routes, as the commands use them. */
export interface WaybillClient {
  address: string;
  /** @param path below `/api/waybill/v1`; @throws CommandError */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, token: string): Promise<T>;
  /** Calls back for every event until the signal; @throws when the connection can not be made or ends */
  events(onChange: (changes: { streams: string[]; releases: string[] }) => void, signal: AbortSignal): Promise<void>;
}

export function connect(options: ServerOptions, io: Io): WaybillClient {
  const address = serverAddress(options, io);
  const send = async (path: string, init: RequestInit = {}) => {
    const request = { signal: AbortSignal.timeout(answerMs), ...init };
    try {
      return await io.fetch(`${address}/api/waybill/v1${path}`, request);
    } catch (error) {
      throw new CommandError(
        exitCode.unreachable,
        `the server at ${address} does not answer (${reasonOf(error)}): see whether it runs, or name another with --server`,
      );
    }
  };
  return {
    address,
    get: async <T>(path: string) => (await accepted(await send(path), address)).json() as Promise<T>,
    async post<T>(path: string, body: unknown, token: string) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const response = await send(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await accepted(response, address)).json() as Promise<T>;
    },
    async events(onChange, signal) {
      const response = await accepted(await send('/events', { signal, headers: { accept: 'text/event-stream' } }), address);
      for await (const data of eventData(response)) onChange(JSON.parse(data) as Parameters<typeof onChange>[0]);
    },
  };
}

/** The `data` of each server-sent event of an answer; comments are passed over. */
async function* eventData(response: Response): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
      if (data.length > 0) yield data.join('\n');
    }
  }
}

const codes: Record<number, ExitCode> = { 400: exitCode.usage, 404: exitCode.notFound, 502: exitCode.no, 503: exitCode.unreachable };

async function accepted(response: Response, address: string): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const problem = problemOf(text);
  const message =
    problem === undefined
      ? `the server at ${address} answered ${response.status}: ${text.trim().slice(0, 300)}`
      : [problem.detail, problem.next].filter(Boolean).join(': ');
  throw new CommandError(codes[response.status] ?? exitCode.no, message);
}

function problemOf(text: string): { detail: string; next?: string } | undefined {
  try {
    const problem = JSON.parse(text) as { detail?: string; next?: string };
    return problem.detail === undefined ? undefined : { detail: problem.detail, ...(problem.next !== undefined && { next: problem.next }) };
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.code ?? cause?.message ?? message ?? 'unknown reason';
}
