import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Carries out what a command does; its exit code becomes that of the process. */
export type Run = (work: (io: Io) => Promise<ExitCode>) => Promise<void>;
