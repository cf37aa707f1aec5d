import type { ReleaseView } from './release-view.ts';

/**
 * What happens next with a release by itself, and what people may do about it, in plain words.
 *
 * @param given whether people give the stream its releases, as in a Stable one
 */
export function nextSteps(view: Omit<ReleaseView, 'nextSteps'>, given: boolean): string[] {
  const another = given
    ? 'tag an image under the next version to have another release'
    : 'the next change of an input image makes a new release';
  switch (view.phase) {
    case 'Unknown':
      if (given && view.waiting.length > 0) return ['Waybill begins by itself when its turn has come'];
      return [`look for the release's tag and payload: kubectl -n ${view.namespace} get releasepayload ${view.name}`];
    case 'Pending':
      return ['Waybill goes on by itself as soon as what it waits for is there', ...(given ? [] : repairs(view))];
    case 'Ready':
      return ['Waybill starts retries by itself and decides when the blocking jobs have ended', mayOverride(view, 'accept', 'reject')];
    case 'Accepted':
      return [...signing(view), ...auditing(view), ...pull(view), mayOverride(view, 'reject')];
    case 'Rejected':
      return [another, mayOverride(view, 'accept')];
    case 'Failed':
      return [another, 'an override can not help, since there is no release image'];
  }
}

function repairs({ waiting, stream }: Omit<ReleaseView, 'nextSteps'>): string[] {
  return waiting.length === 0 ? [] : [`whoever owns the input images of ${stream || 'the stream'} repairs those that can not be imported`];
}

function signing({ stage }: Omit<ReleaseView, 'nextSteps'>): string[] {
  return stage === 'signing' ? ['the audit worker signs it and stores the record'] : [];
}

function auditing({ name, stage, auditAttempts = [] }: Omit<ReleaseView, 'nextSteps'>): string[] {
  const ended = stage === 'done' && auditAttempts[0] !== undefined && auditAttempts[0].outcome !== 'signed';
  return ended ? [`mend what its audit says, then: waybill audit again ${name} --reason '…'`] : [];
}

function pull({ pullSpec, digest }: Omit<ReleaseView, 'nextSteps'>): string[] {
  if (pullSpec === '') return [];
  return [`use it: ${pullSpec}${digest === undefined ? '' : ` (${digest})`}`];
}

function mayOverride({ name, override }: Omit<ReleaseView, 'nextSteps'>, ...verbs: ('accept' | 'reject')[]): string {
  const orders = override === undefined ? verbs : [...verbs, 'clear-override'];
  const commands = orders.map((verb) => `waybill release ${verb} ${name} --reason '…'`);
  return `whoever has the admin token may decide otherwise: ${commands.join(', or ')}`;
}
