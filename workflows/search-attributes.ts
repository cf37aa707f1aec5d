import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Keys by which runs are found; infra registers the same names with the namespace. */
export const searchAttributes = {
  stream: defineSearchAttributeKey('ReleaseStream', SearchAttributeType.KEYWORD),
  releaseTag: defineSearchAttributeKey('ReleaseTag', SearchAttributeType.KEYWORD),
  releasePhase: defineSearchAttributeKey('ReleasePhase', SearchAttributeType.KEYWORD),
  releaseNamespace: defineSearchAttributeKey('ReleaseNamespace', SearchAttributeType.KEYWORD),
};
