import { expect, test } from "vitest";
import { adviceOf } from "../src/pages/delivery/advice";

test("every code says what to do", () => {
  expect(adviceOf("meta", "100/2804050")).toBe("deliveryAdvice.metaPerson");
  // Subcodes tell why a token is not valid any more: what to do is the same.
  expect(adviceOf("meta", "190")).toBe("deliveryAdvice.metaToken");
  expect(adviceOf("meta", "190/463")).toBe("deliveryAdvice.metaToken");
  expect(adviceOf("meta", "1904")).toBe("deliveryAdvice.other");
  expect(adviceOf("meta", "100/33")).toBe("deliveryAdvice.metaPixel");
  expect(adviceOf("meta", "17")).toBe("deliveryAdvice.many");
  expect(adviceOf("meta", "too_old")).toBe("deliveryAdvice.too_old");
  // Another platform's codes mean something else.
  expect(adviceOf("pinterest", "2")).toBe("deliveryAdvice.token");
  expect(adviceOf("meta", "2")).toBe("deliveryAdvice.fails");
  expect(adviceOf("tiktok", "190")).toBe("deliveryAdvice.other");
  expect(adviceOf("meta", "")).toBeNull();
});
