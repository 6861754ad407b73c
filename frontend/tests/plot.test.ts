import { expect, test } from "vitest";
import { bandOf, pathOf, scaleOf } from "../src/charts/plot";

test("a scale goes both ways, and its ticks are round", () => {
  const y = scaleOf([0, 97], [200, 0], 4);
  expect([y(0), y(100)]).toEqual([200, 0]);
  expect(y.invert(y(42))).toBeCloseTo(42);
  expect(y.ticks(4)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(scaleOf([5, 5], [0, 10])(5)).toBe(5);
});

test("paths go through their points, and bands come back", () => {
  expect(pathOf([])).toBe("");
  expect(
    pathOf([
      [0, 1],
      [2, 3.33333],
    ]),
  ).toBe("M0,1L2,3.33");
  expect(bandOf([[0, 5]], [[0, 1]])).toBe("M0,1L0,5Z");
});
