import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { httpAnswers } from '../processes/health.ts';
import { logFileOf, programOf, serverEnv, type Server, type ServerContext } from './server-context.ts';

/** An OCI registry (distribution) with its content in the state directory. */
export async function registry(context: ServerContext): Promise<Server<{ address: string }>> {
  const address = `127.0.0.1:${await context.ports.port('registry', 5000)}`;
  const folder = join(context.home, 'registry');
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, 'config.yaml');
  writeFileSync(
    configuration,
    stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
      http: { addr: address },
    }),
  );
  return {
    place: { address },
    process: {
      name: 'registry',
      command: programOf(context, 'registry'),
      arguments: ['serve', configuration],
      // Without this it looks for a trace collector on this machine, and complains every few seconds.
      env: { ...serverEnv(context.home), OTEL_TRACES_EXPORTER: 'none' },
      logFile: logFileOf(context, 'registry'),
      healthy: httpAnswers(`http://${address}/v2/`),
    },
  };
}
