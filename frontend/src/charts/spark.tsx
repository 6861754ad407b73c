import { runs } from "./measure";
import { pathOf, scaleOf } from "./plot";

type Values = readonly (number | null)[];

/** A line without axes beside a figure; the figure says what it means. */
export function Spark({
  tracked,
  reported,
  width = 96,
  height = 28,
}: {
  tracked?: Values;
  reported?: Values;
  width?: number;
  height?: number;
}) {
  const all = [...(tracked ?? []), ...(reported ?? [])].filter((value) => value !== null);
  const count = Math.max(tracked?.length ?? 0, reported?.length ?? 0);
  if (all.length < 2) return <span aria-hidden className="block" style={{ width, height }} />;
  const x = scaleOf([0, count - 1], [2, width - 2]);
  const y = scaleOf([Math.min(0, ...all), Math.max(...all, 1e-9)], [height - 3, 3]);
  const path = (values: Values) =>
    runs(values)
      .map((run) => pathOf(run.map((at) => [x(at), y(values[at] ?? 0)])))
      .join("");
  return (
    <svg width={width} height={height} aria-hidden className="block">
      {reported ? (
        <path d={path(reported)} className="fill-transparent stroke-reported" strokeWidth={1.3} />
      ) : null}
      {tracked ? (
        <path d={path(tracked)} className="fill-transparent stroke-accent" strokeWidth={1.7} />
      ) : null}
    </svg>
  );
}
