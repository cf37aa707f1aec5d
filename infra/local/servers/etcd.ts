import { join } from 'node:path';
import { httpAnswers } from '../processes/health.ts';
import { logFileOf, programOf, serverEnv, type Server, type ServerContext } from './server-context.ts';

export async function etcd(context: ServerContext): Promise<Server<{ url: string }>> {
  const url = `http://127.0.0.1:${await context.ports.port('etcd', 2379)}`;
  const peers = `http://127.0.0.1:${await context.ports.port('etcd-peers', 2380)}`;
  return {
    place: { url },
    process: {
      name: 'etcd',
      command: programOf(context, 'etcd'),
      arguments: [
        `--data-dir=${join(context.home, 'etcd')}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=default=${peers}`,
        // A killed process loses nothing without fsync, only a machine that loses power does.
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'etcd'),
      healthy: httpAnswers(`${url}/health`),
    },
  };
}
