import type { ReleaseView, Stage } from '../../domain/payload/release-view.ts';

const stages: Record<Stage, string> = {
  unknown: 'unknown',
  images: 'gathering its images',
  building: 'building the release image',
  verifying: 'verifying',
  signing: 'signing',
  done: 'done',
};

/** A release under way in one line: stage, jobs done of all, what it waits for. */
export function releaseLine({ name, stage, summary, waiting }: ReleaseView): string {
  const { total, pending, failed } = summary.all;
  const jobs = stage === 'verifying' ? [`${total - pending} of ${total} jobs done${failed === 0 ? '' : `, ${failed} failed`}`] : [];
  const [first] = waiting;
  const wait = first === undefined ? [] : [`waits for ${first.for}`];
  return [name, stages[stage], ...jobs, ...wait].join(' · ');
}

/** How a release ended, and where to see it. */
export function resultLines({ name, phase, reasons, audit, summary }: ReleaseView, waybill: string): string[] {
  const { succeeded, total } = summary.all;
  const outcome = `${name} is ${phase}: ${succeeded} of ${total} jobs succeeded`;
  const records = audit === undefined ? [] : [`  signature  ${audit.signature}`, `  record     ${audit.record}`];
  const why = phase === 'Accepted' ? [] : reasons.map((reason) => `  ${reason}`);
  return [outcome, ...why, ...records, `  npx waybill release why ${name}`, `  ${waybill}`];
}
