/**
 * The numbers of Go's math/rand for a seed, so that what release-controller draws can be drawn again.
 *
 * It is an additive lagged Fibonacci generator with lags 607 and 273 over 64 bits (Go's src/math/rand/rng.go). A seed
 * fills the 607 places by a multiplicative generator (Park and Miller's, with factor 48271) and mixes them with a
 * table: the state of the same generator, seeded with 1 by shifts of 20 and 10, after 7.8 million million steps
 * (gen_cooked.go). We do not carry the table: a step is linear, so that so many at once are a power of a polynomial.
 */
const length = 607;
const lag = 273;
const warmUp = 20;
const tableSteps = 7_800_000_000_000n;

const modulus = 2_147_483_647;
const factor = 48_271;
const seedForZero = 89_482_311;

const wrap = (value: bigint) => BigInt.asUintN(64, value);

export class GoRandom {
  /** newest last; a ring, `#at` is the place of the oldest */
  readonly #values: BigUint64Array;
  #at = 0;

  /** @param seed as `rand.NewSource` takes it, a signed number of 64 bits */
  constructor(seed: bigint) {
    this.#values = filled(startOf(seed), 40n, 20n);
    const table = mixingTable();
    for (let place = 0; place < length; place += 1) this.#values[place] = this.#values[place]! ^ table[place]!;
  }

  /** `rand.Intn`: a whole number from 0 to one less than `n`, which is at most 2^31 - 1. */
  intn(n: number): number {
    if (!Number.isInteger(n) || n <= 0 || n > modulus) throw new Error(`${n} is no number of places to draw from`);
    if ((n & (n - 1)) === 0) return this.#int31() & (n - 1);
    // numbers of the last, incomplete round would come more often
    const largest = modulus - ((modulus + 1) % n);
    for (;;) {
      const value = this.#int31();
      if (value <= largest) return value % n;
    }
  }

  #int31(): number {
    return Number((this.#next() >> 32n) & 0x7fff_ffffn);
  }

  #next(): bigint {
    const value = wrap(this.#values[this.#at]! + this.#values[(this.#at + length - lag) % length]!);
    this.#values[this.#at] = value;
    this.#at = (this.#at + 1) % length;
    return value;
  }
}

function startOf(seed: bigint): number {
  const start = Number(((seed % BigInt(modulus)) + BigInt(modulus)) % BigInt(modulus));
  return start === 0 ? seedForZero : start;
}

/** The values of a fresh generator, oldest first, each put together from three steps of the multiplicative one. */
function filled(start: number, first: bigint, second: bigint): BigUint64Array {
  let state = start;
  // below 2^47, so exact
  const step = () => BigInt((state = (state * factor) % modulus));
  for (let steps = 0; steps < warmUp; steps += 1) step();
  const places = Array.from({ length }, () => wrap(step() << first) ^ (step() << second) ^ step());
  // Go walks its array downwards, from this place on; ours begins with the oldest value
  const oldest = length - lag - 1;
  return BigUint64Array.from({ length }, (_, age) => places[(oldest - age + length) % length]!);
}

let table: BigUint64Array | undefined;

/** Made once, in a fraction of a second. */
function mixingTable(): BigUint64Array {
  table ??= advanced(filled(1, 20n, 10n), tableSteps);
  return table;
}

/**
 * The ring after so many steps, each value at the place where it was written. With the values as a sequence z, a step
 * is z[n + 607] = z[n] + z[n + 334]; so where x^steps is the sum of c[i] * x^i modulo x^607 - x^334 - 1,
 * z[steps + n] is the sum of c[i] * z[i + n].
 */
function advanced(values: BigUint64Array, steps: bigint): BigUint64Array {
  const sequence = [...values];
  for (let at = 0; at < length; at += 1) sequence.push(wrap(sequence[at]! + sequence[at + length - lag]!));
  const sums = product(powerOfX(steps).toReversed(), sequence).slice(length - 1);
  const start = Number(steps % BigInt(length));
  return BigUint64Array.from({ length }, (_, place) => sums[(place - start + length) % length]!);
}

/** x^exponent as a polynomial of degree 606, lowest coefficient first. */
function powerOfX(exponent: bigint): bigint[] {
  let power = [1n];
  for (const bit of exponent.toString(2)) {
    power = product(power, power);
    if (bit === '1') power = [0n, ...power];
    for (let degree = power.length - 1; degree >= length; degree -= 1) {
      const coefficient = power[degree]!;
      for (const lower of [degree - length, degree - lag]) power[lower] = wrap(power[lower]! + coefficient);
    }
    power = power.slice(0, length);
  }
  return [...power, ...Array.from({ length: length - power.length }, () => 0n)];
}

/** Digits that hold any coefficient of a product: two of 64 bits each, added up to a thousand times. */
const digits = 36;

/** Product of two polynomials over 64 bits, done as one product of two very long numbers (Kronecker substitution). */
function product(a: readonly bigint[], b: readonly bigint[]): bigint[] {
  const text = (evaluated(a) * evaluated(b)).toString(16);
  const whole = text.padStart((a.length + b.length - 1) * digits, '0');
  return Array.from({ length: a.length + b.length - 1 }, (_, degree) => {
    const end = whole.length - degree * digits;
    return BigInt(`0x${whole.slice(end - 16, end)}`);
  });
}

function evaluated(coefficients: readonly bigint[]): bigint {
  return BigInt(
    `0x${coefficients
      .map((value) => value.toString(16).padStart(digits, '0'))
      .toReversed()
      .join('')}`,
  );
}
