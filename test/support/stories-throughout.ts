import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Stories with everything real wait more than they work, the others the other way round. So stories begin all along the run,
 * beside the others, the longest one first and none of them last.
 */
export class StoriesThroughout extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isStory = ({ moduleId }: TestSpecification) => moduleId.includes('/test/system/');
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/test/system/kill.test.ts');
    const sorted = await super.sort(files);
    const stories = sorted.filter(isStory).toSorted((a, b) => Number(isLongest(b)) - Number(isLongest(a)));
    const others = sorted.filter((file) => !isStory(file));
    return [...spread(stories, 0.8), ...spread(others, 1)].toSorted((a, b) => a.at - b.at).map(({ file }) => file);
  }
}

const spread = (files: TestSpecification[], share: number) => files.map((file, index) => ({ file, at: (index / files.length) * share }));
