import { describe, expect, it } from 'vitest';
import { GoRandom } from '../../../domain/payload/go-random.ts';

/** Made by Go 1.26: `rand.New(rand.NewSource(seed))`, eight times `Intn(1000)`. */
describe("the numbers of Go's math/rand", () => {
  it.each<[seed: bigint, numbers: number[]]>([
    [0n, [274, 514, 353, 506, 515, 496, 767, 77]],
    [1n, [81, 887, 847, 59, 81, 318, 425, 540]],
    [-1n, [911, 752, 224, 76, 743, 346, 15, 140]],
    [42n, [305, 987, 668, 750, 423, 345, 357, 176]],
    [2147483647n, [274, 514, 353, 506, 515, 496, 767, 77]],
    [-2147483648n, [911, 752, 224, 76, 743, 346, 15, 140]],
    [1234567890123456789n, [956, 878, 992, 188, 896, 983, 882, 346]],
    [9223372036854775807n, [81, 887, 847, 59, 81, 318, 425, 540]],
    [-9223372036854775808n, [933, 68, 875, 678, 327, 376, 132, 203]],
  ])('for seed %s', (seed, numbers) => {
    const random = new GoRandom(seed);
    expect(numbers.map(() => random.intn(1000))).toEqual(numbers);
  });

  it('after many turns of the ring, for any number of places', () => {
    const random = new GoRandom(7n);
    for (let drawn = 0; drawn < 5000; drawn += 1) random.intn(7);
    expect([random.intn(1_000_000), random.intn(64), random.intn(2_147_483_647)]).toEqual([905873, 44, 2006071538]);
  });

  it.each([0, -1, 1.5, 2 ** 31])('are none for %s places', (places) => {
    expect(() => new GoRandom(1n).intn(places)).toThrow('is no number of places');
  });
});
