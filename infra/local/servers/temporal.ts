import { join } from 'node:path';
import { components } from '../components/table.ts';
import { portIsOpen } from '../processes/health.ts';
import { untilDone } from '../processes/until-done.ts';
import { ensureSearchAttributes } from '../../temporal/search-attributes.ts';
import { withConnection } from '../../temporal/with-connection.ts';
import { logFileOf, programOf, serverEnv, serving, type Run, type Server, type ServerContext } from './server-context.ts';

const dynamicConfiguration = {
  // Tests ask for it with each start; nobody else does.
  'frontend.WorkflowTimeSkippingEnabled': true,
  // The server has one history shard, whose queues are read 20 times a second unless told otherwise.
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
};

const pragmas = ['journal_mode=wal', 'synchronous=normal'];

/** Temporal's development server with its Web UI, persistent; our search attributes are registered. */
export async function startTemporal(
  context: ServerContext,
  namespace: string,
  run: Run,
): Promise<{ temporal: string; temporalUi: string }> {
  const { address, ui } = await serving(temporal(context, namespace), run);
  // The port opens a moment before the namespace is served.
  const place = { address, namespace, tls: false };
  const register = () => withConnection(place, (connection) => ensureSearchAttributes(connection, namespace));
  await untilDone('register search attributes with Temporal', 30_000, register);
  return { temporal: address, temporalUi: ui };
}

async function temporal(context: ServerContext, namespace: string): Promise<Server<{ address: string; ui: string }>> {
  const port = await context.ports.port('temporal', 7233);
  const uiPort = await context.ports.port('temporal-ui', 8233);
  // A database of another version is not migrated, and the server would refuse it.
  const database = join(context.home, `temporal-${components.temporal.version}.db`);
  return {
    place: { address: `127.0.0.1:${port}`, ui: `http://127.0.0.1:${uiPort}` },
    process: {
      name: 'temporal',
      command: programOf(context, 'temporal'),
      arguments: [
        'server',
        'start-dev',
        '--ip=127.0.0.1',
        `--port=${port}`,
        `--ui-port=${uiPort}`,
        `--http-port=${await context.ports.port('temporal-http', 7243)}`,
        `--metrics-port=${await context.ports.port('temporal-metrics', 7253)}`,
        `--db-filename=${database}`,
        `--namespace=${namespace}`,
        '--log-level=warn',
        '--ui-disable-news-fetch',
        ...pragmas.map((pragma) => `--sqlite-pragma=${pragma}`),
        ...Object.entries(dynamicConfiguration).map(([key, value]) => `--dynamic-config-value=${key}=${JSON.stringify(value)}`),
      ],
      env: serverEnv(context.home),
      logFile: logFileOf(context, 'temporal'),
      healthy: portIsOpen(port),
    },
  };
}
