import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Hands out ports by name; the same name has the same port at the next start as long as it is free. */
export interface Ports {
  port(name: string, usual: number): Promise<number>;
}

/**
 * @param file where the choices are remembered
 * @param preferUsual false for stacks that run beside others: any free port is as good
 */
export function rememberedPorts(file: string, preferUsual: boolean): Ports {
  const remembered = read(file);
  const given = new Set<number>();
  return {
    async port(name, usual) {
      const wishes = [remembered[name], preferUsual ? usual : undefined].filter((port) => port !== undefined);
      const port = await firstFree(wishes, given);
      given.add(port);
      remembered[name] = port;
      writeFileSync(file, `${JSON.stringify(remembered, undefined, 2)}\n`);
      return port;
    },
  };
}

async function firstFree(wishes: number[], given: ReadonlySet<number>): Promise<number> {
  for (const port of wishes) if (!given.has(port) && (await isFree(port))) return port;
  // Below the ephemeral range, from which the system hands out ports of outgoing connections at any moment.
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!given.has(port) && (await isFree(port))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
