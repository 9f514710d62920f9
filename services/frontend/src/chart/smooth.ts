/** The largest weight: past it a curve says nothing any more. */
export const MAX_SMOOTHING = 0.999;

/**
 * An exponential moving average that starts unbiased, as TensorBoard and W&B draw it.
 * `weight` is 0 for none, up to MAX_SMOOTHING.
 */
export function smooth(values: readonly number[], weight: number): readonly number[] {
  if (weight <= 0) return values;
  const kept = Math.min(weight, MAX_SMOOTHING);
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    sum = kept * sum + (1 - kept) * value;
    mass = kept * mass + (1 - kept);
    return sum / mass;
  });
}
