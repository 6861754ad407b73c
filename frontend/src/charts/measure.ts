import { type RefObject, useEffect, useRef, useState } from "react";

/** The width of an element as it is, so that a chart is laid out and never scaled. */
export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Which of `count` places to label, so that labels of `size` fit `width`; the last is always among them. */
export function labelled(count: number, width: number, size: number): Set<number> {
  const room = Math.max(1, Math.floor(width / size));
  const step = Math.max(1, Math.ceil(count / room));
  const places = new Set<number>();
  for (let at = count - 1; at >= 0; at -= step) places.add(at);
  return places;
}

/** Runs of neighbouring known values, as places. */
export function runs(values: readonly (number | null)[]): number[][] {
  const found: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last && last.at(-1) === at - 1) last.push(at);
    else found.push([at]);
  });
  return found;
}
