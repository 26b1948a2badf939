/** How far two distributions of service times are apart; ns. */
export interface Comparison {
  readonly requests: number;
  readonly measuredMeanNs: number;
  readonly modelMeanNs: number;
  /**
   * Root mean square of the horizontal distance between the two cumulative distributions: the demerit
   * figure of Ruemmler and Wilkes, "An introduction to disk drive modeling", IEEE Computer 27(3), 1994.
   */
  readonly demeritNs: number;
}

/** Compares two samples of the same size. */
export function compare(measured: Float64Array, model: Float64Array): Comparison {
  const one = measured.slice().sort();
  const other = model.slice().sort();
  return {
    requests: one.length,
    measuredMeanNs: mean(one),
    modelMeanNs: mean(other),
    demeritNs: Math.sqrt(squareDistance(one, other)),
  };
}

/** Mean square of the horizontal distance of two sorted samples of the same size. */
export function squareDistance(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) {
    const distance = other[index] - one[index];
    sum += distance * distance;
  }
  return one.length === 0 ? 0 : sum / one.length;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
