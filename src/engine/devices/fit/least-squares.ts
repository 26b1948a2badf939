/** A sum of weighted columns fitted to values. */
export interface Fitted {
  /** One per column. */
  readonly weights: Float64Array;
  /** What is left of each value; same order. */
  readonly rests: Float64Array;
}

/**
 * Weights of the columns whose sum comes closest to the values, in squares: the normal equations,
 * solved by elimination with the largest pivot. Columns that add nothing weigh 0.
 * @param columns each as long as `values`
 */
export function leastSquares(columns: readonly Float64Array[], values: Float64Array): Fitted {
  const size = columns.length;
  const rows = columns.map((column) =>
    Float64Array.from([...columns.map((other) => product(column, other)), product(column, values)]),
  );
  const weights = solve(rows, size);
  const rests = values.map((value, index) => {
    let rest = value;
    for (let column = 0; column < size; column++) rest -= weights[column] * columns[column][index];
    return rest;
  });
  return { weights, rests };
}

/** Pivots below this part of the largest entry are rounding errors. */
const PIVOT_MIN = 1e-12;

function solve(rows: readonly Float64Array[], size: number): Float64Array {
  const left = [...rows];
  const order: { readonly column: number; readonly row: Float64Array }[] = [];
  const largest = Math.max(...rows.map((row) => Math.max(...row.subarray(0, size).map(Math.abs))));
  for (let column = 0; column < size; column++) {
    left.sort((one, other) => Math.abs(other[column]) - Math.abs(one[column]));
    const pivot = left[0];
    if (pivot === undefined || Math.abs(pivot[column]) <= PIVOT_MIN * largest) continue;
    left.shift();
    order.push({ column, row: pivot });
    for (const row of left) {
      const factor = row[column] / pivot[column];
      for (let index = column; index <= size; index++) row[index] -= factor * pivot[index];
    }
  }
  const weights = new Float64Array(size);
  for (const { column, row } of order.reverse()) {
    let value = row[size];
    for (let index = column + 1; index < size; index++) value -= row[index] * weights[index];
    weights[column] = value / row[column];
  }
  return weights;
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index] * other[index];
  return sum;
}
