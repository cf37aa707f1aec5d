import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

const severity: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

const levels: Record<string, LogLevel> = { trace: 'TRACE', debug: 'DEBUG' };

/** One runtime a process: Temporal's own logs go through ours, its metrics and ours leave through one Prometheus endpoint. */
export function installRuntime(log: Logger, metricsPort: number | undefined): void {
  const logger = new DefaultLogger(levels[log.level] ?? 'INFO', ({ level, message, meta }) => {
    // Said before anybody has seen what the activity is about; the line at its end says the same and more.
    if (message !== 'Activity started') log[severity[level]](meta ?? {}, message);
  });
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
