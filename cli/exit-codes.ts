/** What the command leaves with; scripts branch on it. */
export const exitCode = {
  ok: 0,
  /** rejected, failed, refused */
  no: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  /** the time given ran out before there was a verdict */
  undecided: 5,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** An end that its message explains: it names the thing, the reason and the next move. */
export class CommandError extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}
