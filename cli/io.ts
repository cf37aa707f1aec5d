/** What a command touches of the world; tests give their own. */
export interface Io {
  env: NodeJS.ProcessEnv;
  /** working directory */
  cwd: string;
  /** to standard output */
  out: (text: string) => void;
  /** to standard error */
  err: (text: string) => void;
  /** standard output is a terminal that takes colours and a moving cursor */
  isTerminal: boolean;
  columns: () => number;
  fetch: typeof fetch;
  /** epoch milliseconds */
  now: () => number;
}

export function processIo(): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY && process.env['TERM'] !== 'dumb',
    // a terminal that does not know its size says 0
    columns: () => process.stdout.columns || 80,
    fetch,
    now: Date.now,
  };
}

/** Text from outside, without what would steer a terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}
