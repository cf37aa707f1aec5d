import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { httpAnswers } from '../processes/health.ts';
import { logFileOf, programOf, serverEnv, type Server, type ServerContext } from './server-context.ts';

/** A GCS server whose buckets are the folders of `<home>/storage`. */
export async function storage(context: ServerContext, bucket: string): Promise<Server<{ endpoint: string }>> {
  const port = await context.ports.port('storage', 4443);
  const endpoint = `http://127.0.0.1:${port}`;
  const root = join(context.home, 'storage');
  mkdirSync(join(root, bucket), { recursive: true });
  return {
    place: { endpoint },
    process: {
      name: 'storage',
      command: programOf(context, 'fakeGcsServer'),
      arguments: [
        '-scheme=http',
        '-host=127.0.0.1',
        `-port=${port}`,
        `-public-host=127.0.0.1:${port}`,
        `-external-url=${endpoint}`,
        '-backend=filesystem',
        `-filesystem-root=${root}`,
        '-log-level=warn',
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'storage'),
      healthy: httpAnswers(`${endpoint}/storage/v1/b/${bucket}`),
    },
  };
}
