import { pino, type Logger } from 'pino';
import type { Settings } from './settings/settings.ts';

/** What must not be in a log, wherever it stands in what is logged. */
const secrets = ['authorization', '*.authorization', '*.*.authorization', 'adminToken', '*.adminToken', 'apiKey', '*.apiKey'];

/**
 * The log of a process: one JSON object a line on standard output. Lines about a release carry its name as `release`
 * and its namespace as `namespace`, lines about a stream its name as `stream`.
 */
export function createLogger({ logLevel }: Pick<Settings, 'logLevel'>, process: string): Logger {
  return pino({
    level: logLevel,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    redact: secrets,
  });
}
