import { ActivityFailure, isCancellation, log, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { CopySurvey, DeletedCopies, MirrorCleanupActivities } from '../activities/mirror-cleanup-contract.ts';
import { refusedCleanup } from '../domain/payload/cleanup-limit.ts';
import type { MirrorCleanupInput, MirrorCleanupReport, RepositoryReport } from './mirror-cleanup-messages.ts';

const { findCopyRepositories, surveyCopies, deleteCopies } = proxyActivities<MirrorCleanupActivities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '6 seconds',
  // What does not work for so long is left to the next day.
  scheduleToCloseTimeout: '6 hours',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 3, maximumInterval: '10 minutes', maximumAttempts: 5 },
});

const batch = 200;
const examples = 20;
const nothingFound: CopySurvey = { tags: 0, needed: 0, young: 0, unknown: 0, reasons: [], garbage: 0, tagsToDelete: [] };

/**
 * find the repositories that releases are copied to -> one by one: find copies that no release needs -> not more than
 * allowed? -> delete them, in batches
 *
 * A schedule starts it. Trouble with one repository is in its report, and does not keep the others.
 */
export async function mirrorCleanup(input: MirrorCleanupInput): Promise<MirrorCleanupReport> {
  const report: MirrorCleanupReport = { dryRun: input.dryRun, repositories: [] };
  const { repositories, problem } = await findCopyRepositories();
  if (problem !== undefined) report.problem = `nothing is cleaned up: ${problem}`;
  for (const repository of repositories) report.repositories.push(await cleanUp(repository, input));

  setCurrentDetails(detailsOf(report));
  log.info('copies of releases were cleaned up', { ...report });
  return report;
}

async function cleanUp(repository: string, { rules, dryRun }: MirrorCleanupInput): Promise<RepositoryReport> {
  const outcome: DeletedCopies = { deleted: 0, failed: [], kept: 0 };
  let survey = nothingFound;
  const report = (problem?: string): RepositoryReport => {
    const { tagsToDelete, ...counts } = survey;
    const failed = outcome.failed.slice(0, examples);
    return {
      repository,
      ...counts,
      ...outcome,
      failed,
      examples: tagsToDelete.slice(0, examples),
      ...(problem === undefined ? {} : { problem }),
    };
  };
  try {
    survey = await surveyCopies(repository, rules);
    const refused = refusedCleanup(survey.garbage, rules.maximum);
    if (refused !== undefined || dryRun) return report(refused);
    for (let from = 0; from < survey.tagsToDelete.length; from += batch) {
      const { deleted, failed, kept } = await deleteCopies(repository, survey.tagsToDelete.slice(from, from + batch), rules);
      outcome.deleted += deleted;
      outcome.kept += kept;
      outcome.failed.push(...failed);
    }
    return report();
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || isCancellation(failure)) throw failure;
    return report(failure.cause?.message ?? failure.message);
  }
}

function detailsOf({ dryRun, repositories, problem }: MirrorCleanupReport): string {
  const lines = repositories.map((each) => {
    const { repository, tags, needed, young, unknown, garbage, deleted, failed, kept } = each;
    const done = dryRun ? 'dry run, nothing is deleted' : `${deleted} deleted, ${failed.length} failed, ${kept} kept after all`;
    const trouble = each.problem === undefined ? '' : ` — ${each.problem}`;
    return `- ${repository}: ${tags} tags, ${needed} needed, ${young} too young, ${unknown} of unknown age, ${garbage} without a release; ${done}${trouble}`;
  });
  const none = lines.length === 0 && problem === undefined ? ['no stream copies its releases anywhere'] : [];
  return [...(problem === undefined ? [] : [problem]), ...none, ...lines].join('\n');
}
