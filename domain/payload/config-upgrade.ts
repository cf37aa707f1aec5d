/**
 * An explicit release to upgrade from. One of the three is meant to be set; where more are, the first counts
 * (openshift/release-controller, pkg/release-controller/types.go, after ci-tools' release definitions).
 */
export interface UpgradeFromRelease {
  prerelease?: { version_bounds: { lower: string; upper: string } };
  candidate?: {
    stream: string;
    version: string;
    /** that many newest accepted releases are skipped */
    relative: number;
  };
  /** an official release, as the update service knows it */
  release?: {
    /** `4.12` or `4.12.3` */
    version: string;
    channel: string;
    architecture: string;
  };
}
