import { connect } from 'node:net';
import https from 'node:https';

const answerMs = 2_000;

/** Whether something listens. */
export const portIsOpen = (port: number) => () =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: answerMs });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });

export const httpAnswers = (url: string) => async () => {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  await response.body?.cancel();
  return response.ok;
};

/** The certificate is our own and may not be written yet, and only readiness is asked for: it is not checked here. */
export const httpsAnswers = (url: string, token: string) => () =>
  new Promise<boolean>((resolve) => {
    const request = https.get(
      url,
      { rejectUnauthorized: false, timeout: answerMs, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.once('error', () => resolve(false));
    request.once('timeout', () => request.destroy());
  });
