import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

const severity: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** One runtime a process: Temporal's own logs go through ours, its metrics and ours leave through one Prometheus endpoint. */
export function installRuntime(log: Logger, metricsPort: number | undefined): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => log[severity[level]](meta ?? {}, message));
  Runtime.install({
    logger,
    telemetryOptions: {
      logging: { filter: 'WARN', forward: {} },
      ...(metricsPort === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `127.0.0.1:${metricsPort}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          }),
    },
  });
}
