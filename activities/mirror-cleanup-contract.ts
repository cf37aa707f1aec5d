/** What the `mirrorCleanup` workflow asks for, as types only. Credentials are named, and read anew by each activity. */
export interface MirrorCleanupActivities {
  /** repositories that releases are copied to; `problem` when it is not known for sure which copies are needed */
  findCopyRepositories(): Promise<{ repositories: string[]; problem?: string }>;
  /** reads all tags of one repository, and the age of those that no release needs */
  surveyCopies(repository: string, rules: CleanupRules): Promise<CopySurvey>;
  /**
   * Deletes copies, those of them that no release needs now. One that is gone counts as deleted, so a repeat finishes what
   * the last attempt left.
   */
  deleteCopies(repository: string, tags: string[], rules: CleanupRules): Promise<DeletedCopies>;
}

export interface CleanupRules {
  /** `namespace/name` of the Secret with a docker `config.json` */
  credentials: string;
  /** a copy whose image is younger stays */
  minimumAgeMs: number;
  /** more deletions than this in one repository are refused */
  maximum: number;
}

export interface CopySurvey {
  tags: number;
  /** belong to a release */
  needed: number;
  young: number;
  /** whose age is not known: how many, and some of the reasons */
  unknown: number;
  reasons: string[];
  /** how many may go */
  garbage: number;
  /** them, where they are not more than the rules allow */
  tagsToDelete: string[];
}

export interface DeletedCopies {
  deleted: number;
  failed: string[];
  /** a release needs them again */
  kept: number;
}
