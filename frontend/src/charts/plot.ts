/** Straight scales and lines: all that the charts draw. */
import { nice, ticks } from "d3-array";

export interface Scale {
  (value: number): number;
  invert: (place: number) => number;
  /** About `count` round values within the domain. */
  ticks: (count: number) => number[];
}

type Pair = readonly [number, number];

/** From values to places in a straight line; `rounded` widens the domain to round values. */
export function scaleOf(domain: Pair, range: Pair, rounded?: number): Scale {
  const [low, high] = rounded ? nice(domain[0], domain[1], rounded) : domain;
  const width = high - low;
  const scale = (value: number) =>
    range[0] + (width === 0 ? 0.5 : (value - low) / width) * (range[1] - range[0]);
  const invert = (place: number) => low + ((place - range[0]) / (range[1] - range[0] || 1)) * width;
  return Object.assign(scale, { invert, ticks: (count: number) => ticks(low, high, count) });
}

type Point = readonly [number, number];

/** The path through these points, for `d`. */
export function pathOf(points: readonly Point[]): string {
  return points.map(([x, y], at) => `${at ? "L" : "M"}${round(x)},${round(y)}`).join("");
}

/** The path around what lies between two lines over the same places. */
export function bandOf(lower: readonly Point[], upper: readonly Point[]): string {
  return lower.length ? `${pathOf([...upper, ...lower.toReversed()])}Z` : "";
}

const round = (place: number) => Math.round(place * 100) / 100;
