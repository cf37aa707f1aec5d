import type { JobView, ReleaseView, Stage } from '../domain/payload/release-view.ts';
import { printable } from './io.ts';

export interface ProgressStyle {
  columns: number;
  color: boolean;
  /** epoch milliseconds */
  now: number;
}

const stageWords: Record<Stage, string> = {
  unknown: 'not known',
  images: 'taking over the input images',
  building: 'building the release image',
  verifying: 'verifying',
  signing: 'signing',
  done: 'done',
};

const barWidth = 30;
const failuresShown = 5;
const escape = { good: '\u001B[32m', bad: '\u001B[31m', busy: '\u001B[33m', bold: '\u001B[1m', plain: '\u001B[0m' };

/** How far a release is, in a few lines that fit the terminal. */
export function progressLines(view: ReleaseView, style: ProgressStyle): string[] {
  const paint = (kind: Exclude<keyof typeof escape, 'plain'>, text: string) =>
    style.color ? `${escape[kind]}${text}${escape.plain}` : text;
  const fit = (text: string) => cut(printable(text), style.columns - 1);
  const phaseKind = view.phase === 'Accepted' ? 'good' : view.phase === 'Rejected' || view.phase === 'Failed' ? 'bad' : 'busy';
  const failed = view.jobs.filter(({ state }) => state === 'Failed');
  return [
    paint('bold', fit(view.name)),
    paint(phaseKind, fit(`  ${headline(view)}${elapsed(view, style.now)}`)),
    ...(view.summary.all.total > 0 ? [fit(`  ${bar(view)} ${counts(view)}`)] : []),
    ...failed.slice(0, failuresShown).map((job) => paint('bad', fit(`  failed: ${failure(job)}`))),
    ...(failed.length > failuresShown ? [paint('bad', `  and ${failed.length - failuresShown} more failed`)] : []),
    ...awaited(view).map((text) => fit(`  waits for ${text}`)),
  ];
}

/** The same as one line, for logs. */
export function progressLine(view: ReleaseView): string {
  const parts = [
    headline(view),
    ...(view.summary.all.total > 0 ? [counts(view)] : []),
    ...awaited(view).map((text) => `waits for ${text}`),
  ];
  return printable(`${view.name}: ${parts.join('; ')}`);
}

function headline({ phase, stage }: ReleaseView): string {
  return phase === 'Pending' || phase === 'Ready'
    ? `${phase}, ${stageWords[stage]}`
    : stage === 'signing'
      ? `${phase}, ${stageWords.signing}`
      : phase;
}

function elapsed({ created, phase }: ReleaseView, now: number): string {
  if (created === undefined || (phase !== 'Pending' && phase !== 'Ready')) return '';
  const seconds = Math.max(0, Math.floor((now - Date.parse(created)) / 1000));
  return ` for ${seconds < 60 ? '' : `${Math.floor(seconds / 60)}m`}${seconds % 60}s`;
}

function bar({ summary: { all } }: ReleaseView): string {
  const filled = Math.round(((all.succeeded + all.failed) / all.total) * barWidth);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
}

function counts({ summary: { all, blocking } }: ReleaseView): string {
  const failed = all.failed > 0 ? `, ${all.failed} failed` : '';
  return `${all.succeeded + all.failed} of ${all.total} jobs done, blocking ${blocking.succeeded + blocking.failed} of ${blocking.total}${failed}`;
}

function failure({ name, kind, url }: JobView): string {
  return `${kind} job ${name}${url === '' ? '' : ` ${url}`}`;
}

/** What the workflows say; where they say nothing, the first reason does. */
function awaited({ waiting, reasons, phase }: ReleaseView): string[] {
  const [first] = waiting;
  if (first !== undefined) return waiting.slice(0, 3).map(({ for: what, why }) => `${what}: ${why}`);
  return phase === 'Pending' && reasons[0] !== undefined ? [reasons[0]] : [];
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

export interface ProgressOutput {
  out: (text: string) => void;
  isTerminal: boolean;
  columns: () => number;
  now: () => number;
}

/** Shows a release as it goes on: in place on a terminal, else a line whenever something is different. */
export class LiveProgress {
  readonly #output: ProgressOutput;
  #drawn = 0;
  #said = '';

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(view: ReleaseView): void {
    const { out, isTerminal, columns, now } = this.#output;
    if (isTerminal) {
      const lines = progressLines(view, { columns: columns(), color: true, now: now() });
      this.clear();
      out(`${lines.join('\n')}\n`);
      this.#drawn = lines.length;
      return;
    }
    const line = progressLine(view);
    if (line !== this.#said) out(`${line}\n`);
    this.#said = line;
  }

  /** Takes back what was drawn on a terminal. */
  clear(): void {
    if (this.#drawn > 0) this.#output.out(`\u001B[${this.#drawn}A\u001B[J`);
    this.#drawn = 0;
  }
}
