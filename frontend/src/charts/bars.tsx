import { max } from "d3-array";
import { type KeyboardEvent, type Ref, useState } from "react";
import { labelled, useWidth } from "./measure";
import { scaleOf } from "./plot";

export interface BarsPlot {
  /** A sentence that says what one sees. */
  label: string;
  /** Of each bar, for the tooltip. */
  names: string[];
  /** Of each bar, for the axis. */
  ticks: string[];
  /** From the ground up. */
  parts: { key: string; label: string; look: "good" | "bad"; values: readonly number[] }[];
  text: (value: number) => string;
}

const HEIGHT = 120;
const FOOT = 22;
const TOP = 8;
const LOOKS = { good: "fill-accent", bad: "fill-bad" } as const;
const MARKS = { good: "bg-accent", bad: "bg-bad" } as const;

/** Counts of equal steps of time, in parts that stand on each other. */
export function Bars({ plot, ref }: { plot: BarsPlot; ref?: Ref<SVGSVGElement> }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const { names, ticks, parts } = plot;
  const last = names.length - 1;
  const totals = names.map((_, place) => parts.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  const most = max(totals) || 1;
  const label = plot.text(most);
  const start = 12 + 6.6 * label.length;
  const y = scaleOf([0, most], [0, HEIGHT]);
  const step = Math.max(1, (width - start - 4) / Math.max(1, names.length));
  const places = labelled(names.length, width - start, 64);
  const words = (place: number) =>
    [names[place], ...parts.map((part) => `${part.label} ${plot.text(part.values[place] ?? 0)}`)].join(", ");
  const press = (event: KeyboardEvent) => {
    const now = at ?? last;
    const moves: Record<string, number> = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(last, next)));
  };
  return (
    <div
      ref={box}
      dir="ltr"
      role="slider"
      tabIndex={0}
      aria-label={plot.label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at ?? last}
      aria-valuetext={words(at ?? last)}
      onKeyDown={press}
      onBlur={() => setAt(null)}
      onPointerMove={(event) => {
        const left = event.currentTarget.getBoundingClientRect().left;
        setAt(Math.max(0, Math.min(last, Math.floor((event.clientX - left - start) / step))));
      }}
      onPointerLeave={() => setAt(null)}
      className="relative touch-pan-y select-none"
    >
      <svg ref={ref} width={width} height={TOP + HEIGHT + FOOT} aria-hidden className="block text-note">
        <line x1={start} x2={width} y1={TOP + HEIGHT} y2={TOP + HEIGHT} className="stroke-line" />
        <text x={start - 6} y={TOP + 8} textAnchor="end" fontSize={11} className="fill-ink-3">
          {label}
        </text>
        {names.map((name, place) => {
          let below = 0;
          return (
            <g key={name} opacity={at === null || at === place ? 1 : 0.55}>
              {parts.map(({ key, look, values }) => {
                const tall = y(values[place] ?? 0);
                below += tall;
                return (
                  <rect
                    key={key}
                    x={start + place * step}
                    width={Math.max(1, step - (step > 4 ? 2 : 0.5))}
                    y={TOP + HEIGHT - below}
                    height={tall}
                    className={LOOKS[look]}
                  />
                );
              })}
            </g>
          );
        })}
        {ticks.map((tick, place) =>
          places.has(place) ? (
            <text
              key={names[place]}
              x={Math.min(start + (place + 0.5) * step, width - 2)}
              y={TOP + HEIGHT + FOOT - 6}
              textAnchor={place === last ? "end" : "middle"}
              fontSize={11}
              className="fill-ink-3"
            >
              {tick}
            </text>
          ) : null,
        )}
      </svg>
      {at !== null && width > 0 ? (
        <div
          className="pop pointer-events-none absolute top-0 z-20 px-3 py-2 text-note"
          style={
            at > last / 2 ? { right: width - start - at * step + 8 } : { left: start + (at + 1) * step + 8 }
          }
        >
          <p className="mb-1 font-semibold">{names[at]}</p>
          {parts.map(({ key, label: name, look, values }) => (
            <p key={key} className="flex items-center justify-between gap-4">
              <span className="flex items-center gap-1.5 text-ink-2">
                <span aria-hidden className={`size-2.5 ${MARKS[look]}`} /> {name}
              </span>
              <bdi className="font-medium">{plot.text(values[at] ?? 0)}</bdi>
            </p>
          ))}
        </div>
      ) : null}
    </div>
  );
}
