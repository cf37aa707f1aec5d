const hour = 3_600_000;

/** A release that failed its verification is verified again after so long… */
export const verificationRetryMs = 12 * hour;
/** …and no more than so often, unless somebody asks. */
export const mostVerifications = 10;
/** So many verify jobs are active at once in a cluster; failed ones do not count, else two of them would stop every audit. */
export const mostVerifyJobs = 2;
