import type { CleanupRules, CopySurvey, DeletedCopies } from '../activities/mirror-cleanup-contract.ts';

/** Input of the `mirrorCleanup` workflow. */
export interface MirrorCleanupInput {
  rules: CleanupRules;
  /** report what would be deleted, and delete nothing */
  dryRun: boolean;
}

/** What became of one repository. */
export interface RepositoryReport extends Omit<CopySurvey, 'tagsToDelete'>, DeletedCopies {
  repository: string;
  /** why nothing, or not everything, was done */
  problem?: string;
  /** some of what was or would be deleted */
  examples: string[];
}

export interface MirrorCleanupReport {
  dryRun: boolean;
  repositories: RepositoryReport[];
  /** why no repository was looked at */
  problem?: string;
}
