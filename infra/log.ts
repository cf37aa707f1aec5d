import { pino, type Logger } from 'pino';
import type { Settings } from './settings/settings.ts';

/** What must not be in a log, wherever it stands in what is logged. */
const secrets = ['authorization', '*.authorization', '*.*.authorization', 'adminToken', '*.adminToken', 'apiKey', '*.apiKey'];

/**
 * The log of a process: one JSON object a line on standard output. Lines about a release carry its name as `releaseTag`
 * and its namespace as `releaseNamespace`, lines about a stream the name of its source as `stream`.
 *
 * @param subject what the code that writes a line works on
 */
export function createLogger({ logLevel }: Pick<Settings, 'logLevel'>, process: string, subject: () => object = () => ({})): Logger {
  return pino({
    level: logLevel,
    base: { process },
    mixin: subject,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    redact: secrets,
  });
}
