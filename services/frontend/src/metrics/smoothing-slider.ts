import { MAX_SMOOTHING } from "@/chart/smooth";

/** Where the slider stands for a weight, and back: its far end is where the weights differ most, and has the most room. */
export const positionOf = (weight: number) => 1 - Math.sqrt(1 - Math.min(weight, MAX_SMOOTHING));
export const weightAt = (position: number) =>
  Math.min(MAX_SMOOTHING, Number((1 - (1 - Math.min(position, 1)) ** 2).toFixed(3)));
