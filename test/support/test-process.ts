import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { pidFiles } from '../../infra/local/processes/pid-files.ts';
import { eventually } from './wait.ts';

const root = join(import.meta.dirname, '..', '..');

export interface TestProcessOptions {
  /** no other process of the run has it */
  name: string;
  /** state directory of the stack: logs and pids are kept there */
  home: string;
  /** path of a program of ours below the project, or of any program from `/`, and its arguments */
  script: string[];
  /** added to the environment, from which settings of the person who runs the tests are taken out */
  env: Record<string, string>;
  /** what its log says once it works */
  ready: string;
}

/** One of our own processes, as a test starts, kills and starts it again. It does not outlive the test run. */
export class TestProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #options: TestProcessOptions;
  readonly #pids: ReturnType<typeof pidFiles>;
  #child: ChildProcess | undefined;
  /** length of the log then */
  #launchedAt = 0;

  constructor(options: TestProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.logFile = join(options.home, 'logs', `${options.name}.log`);
    this.#pids = pidFiles(join(options.home, 'pids'));
    process.once('exit', () => this.#child?.kill('SIGKILL'));
  }

  /** Starts it without waiting for anything. */
  launch(): void {
    const { name, script, env } = this.#options;
    const [program = '', ...args] = script;
    mkdirSync(dirname(this.logFile), { recursive: true });
    this.#launchedAt = this.log().length;
    const log = openSync(this.logFile, 'a');
    const [executable = '', ...rest] = isAbsolute(program) ? script : [process.execPath, join(root, program), ...args];
    this.#child = spawn(executable, rest, { env: { ...plainEnvironment(), ...env }, stdio: ['ignore', log, log] });
    closeSync(log);
    if (this.#child.pid !== undefined) this.#pids.remember(name, { pid: this.#child.pid, command: [executable, ...rest].join(' ') });
  }

  /** Starts it and waits until it works. */
  async start(): Promise<void> {
    this.launch();
    await this.works();
  }

  /** Waits until what was launched last works. */
  async works(): Promise<void> {
    const { name, ready } = this.#options;
    const says = () => {
      if (this.log().slice(this.#launchedAt).includes(ready)) return 'works';
      return this.#child?.exitCode === null ? undefined : 'ended';
    };
    const found = await eventually(`${name} to work (log: ${this.logFile})`, says, 60_000);
    if (found === 'ended') throw new Error(`${name} ended:\n${this.log().slice(this.#launchedAt).slice(-2_000)}`);
  }

  /** Waits until it has left by itself. @returns its exit code */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.name} was never started`);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.#pids.forget(this.#options.name);
    return child.exitCode;
  }

  /** @returns false when it did not run any more */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<boolean> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    this.#pids.forget(this.#options.name);
    return true;
  }

  log(): string {
    try {
      return readFileSync(this.logFile, 'utf8');
    } catch {
      return '';
    }
  }
}

function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WAYBILL_') && !name.startsWith('OTEL_')));
}
