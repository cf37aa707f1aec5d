import { runCommand } from '../../cli/waybill.ts';

/** Where a command line is run; without more in an empty folder, where no server is known. */
interface Surroundings {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  now?: () => number;
}

/** Runs one command line as a user would. @returns what it left with, and said */
export async function commandLine(words: readonly string[], { env = {}, cwd = '/nowhere', now = Date.now }: Surroundings = {}) {
  let [out, err] = ['', ''];
  const code = await runCommand([...words], {
    env,
    cwd,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    columns: () => 100,
    fetch,
    now,
  });
  return { code, out, err };
}
