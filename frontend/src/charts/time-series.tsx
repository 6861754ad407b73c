import { max, min } from "d3-array";
import { type KeyboardEvent, type PointerEvent, type Ref, useId, useState } from "react";
import { useTexts } from "../app/texts";
import { Hatch, SourceMark } from "./marks";
import { labelled, runs, useWidth } from "./measure";
import { pathOf, scaleOf } from "./plot";

export interface Line {
  key: string;
  label: string;
  look: "tracked" | "reported" | "before";
  values: readonly (number | null)[];
}

export interface Lane {
  label: string;
  values: readonly (number | null)[];
  text: (value: number | null) => string;
}

export interface SeriesPlot {
  /** A sentence that says what one sees. */
  label: string;
  /** Of each period, for the tooltip. */
  names: string[];
  /** Of each period, for the axis. */
  ticks: string[];
  lines: Line[];
  /** The cause under the effect, on the same axis of time. */
  lane?: Lane;
  text: (value: number | null) => string;
  axis: (value: number) => string;
  /** The first place whose figures are incomplete. */
  incompleteFrom?: number | null;
  /** What is written beside places. */
  flags?: { at: number; text: string }[];
}

/** Room for the widest label of the axis, in px a character. */
const CHARACTER = 6.6;
/** Between the axis and the first point, so that its bar has room. */
const INSET = 10;
const END = 18;
const TOP = 10;
const PLOT = 220;
const LANE = 44;
const GAP = 14;
const FOOT = 24;
/** More points than this carry no dots. */
const DOTS_MAX = 40;

const LOOKS = {
  tracked: "stroke-accent",
  reported: "stroke-reported",
  before: "stroke-edge",
} as const;

/** Lines over time, with what they are compared with, and what caused them below. */
export function TimeSeries({
  plot,
  ref,
  onBrush,
}: {
  plot: SeriesPlot;
  ref?: Ref<SVGSVGElement>;
  onBrush?: (from: number, to: number) => void;
}) {
  const t = useTexts();
  const id = useId();
  const [box, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const [from, setFrom] = useState<number | null>(null);
  const { lines, lane, names } = plot;
  const count = names.length;
  const last = count - 1;
  const height = TOP + PLOT + (lane ? GAP + LANE : 0) + FOOT;
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const y = scaleOf([Math.min(0, min(known) ?? 0), max(known) || 1], [TOP + PLOT, TOP], 4);
  const start = 16 + CHARACTER * Math.max(6, ...y.ticks(4).map((tick) => plot.axis(tick).length));
  const x = scaleOf([0, Math.max(1, last)], [start + INSET, Math.max(start + INSET + 1, width - END)]);
  const laneTop = TOP + PLOT + GAP;
  const laneY = scaleOf([0, max(lane?.values ?? [], (value) => value ?? 0) || 1], [0, LANE]);
  const step = count > 1 ? x(1) - x(0) : 40;
  const places = labelled(count, width - start - END, 76);
  const path = (values: readonly (number | null)[]) =>
    runs(values)
      .map((run) => pathOf(run.map((place) => [x(place), y(values[place] ?? 0)])))
      .join("");

  const placeOf = (event: PointerEvent<HTMLElement>) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    return Math.max(0, Math.min(last, Math.round(x.invert(event.clientX - left))));
  };
  const press = (event: KeyboardEvent) => {
    const now = at ?? last;
    const moves: Record<string, number> = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      PageUp: now - 7,
      PageDown: now + 7,
      Home: 0,
      End: last,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(last, next)));
  };
  const words = (place: number) =>
    [
      names[place],
      ...lines.map(({ label, values }) => `${label} ${plot.text(values[place] ?? null)}`),
      ...(lane ? [`${lane.label} ${lane.text(lane.values[place] ?? null)}`] : []),
      ...(isIncomplete(place) ? [t("chart.incomplete")] : []),
      ...flagsAt(place),
    ].join(", ");
  const flagsAt = (place: number) =>
    (plot.flags ?? []).filter((flag) => flag.at === place).map(({ text }) => text);
  const isIncomplete = (place: number) => plot.incompleteFrom != null && place >= plot.incompleteFrom;

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
      aria-valuetext={count > 0 ? words(at ?? last) : ""}
      onKeyDown={press}
      onBlur={() => setAt(null)}
      onPointerMove={(event) => setAt(placeOf(event))}
      onPointerDown={(event) => onBrush && setFrom(placeOf(event))}
      onPointerUp={(event) => {
        const to = placeOf(event);
        if (from !== null && to !== from) onBrush?.(Math.min(from, to), Math.max(from, to));
        setFrom(null);
      }}
      onPointerLeave={() => {
        setAt(null);
        setFrom(null);
      }}
      className="relative touch-pan-y select-none"
    >
      <svg ref={ref} width={width} height={height} aria-hidden className="block text-note">
        <defs>
          <Hatch id={id} />
        </defs>
        {y.ticks(4).map((tick) => (
          <g key={tick}>
            <line x1={start} x2={width - END} y1={y(tick)} y2={y(tick)} className="stroke-line" />
            <text
              x={start - 8}
              y={y(tick)}
              textAnchor="end"
              dominantBaseline="middle"
              fontSize={11}
              className="fill-ink-3"
            >
              {plot.axis(tick)}
            </text>
          </g>
        ))}
        {plot.incompleteFrom != null && plot.incompleteFrom <= last ? (
          <rect
            x={Math.max(start, x(plot.incompleteFrom) - step / 2)}
            width={Math.max(0, width - END - Math.max(start, x(plot.incompleteFrom) - step / 2))}
            y={TOP}
            height={height - TOP - FOOT}
            fill={`url(#${id})`}
          />
        ) : null}
        {from !== null && at !== null ? (
          <rect
            x={x(Math.min(from, at))}
            width={Math.abs(x(at) - x(from))}
            y={TOP}
            height={height - TOP - FOOT}
            className="fill-accent-soft"
          />
        ) : null}
        {lines.map(({ key, look, values }) => (
          <path
            key={key}
            d={path(values)}
            className={`fill-transparent ${LOOKS[look]}`}
            strokeWidth={look === "before" ? 1.3 : 2}
            strokeDasharray={look === "before" ? "3 4" : undefined}
            strokeLinejoin="round"
          />
        ))}
        {lines
          .filter(({ look }) => look !== "before")
          .flatMap(({ key, look, values }) =>
            values.map((value, place) =>
              value !== null && (count <= DOTS_MAX || place === at || isAlone(values, place)) ? (
                <circle
                  // biome-ignore lint/suspicious/noArrayIndexKey: a place is what a dot is
                  key={`${key}${place}`}
                  cx={x(place)}
                  cy={y(value)}
                  r={place === at ? 4.5 : 2.6}
                  className={
                    look === "tracked" ? "fill-accent stroke-accent" : "fill-surface stroke-reported"
                  }
                  strokeWidth={look === "tracked" ? 0 : 1.6}
                />
              ) : null,
            ),
          )}
        {lane
          ? lane.values.map((value, place) => (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a place is what a bar is
                key={place}
                x={Math.max(start, x(place) - Math.min(step * 0.35, 14))}
                width={Math.min(step * 0.7, 28)}
                y={laneTop + LANE - laneY(Math.max(0, value ?? 0))}
                height={laneY(Math.max(0, value ?? 0))}
                className={place === at ? "fill-ink-3" : "fill-edge"}
                opacity={place === at ? 1 : 0.55}
              />
            ))
          : null}
        {lane ? (
          <text
            x={start - 8}
            y={laneTop + LANE / 2}
            textAnchor="end"
            dominantBaseline="middle"
            fontSize={11}
            className="fill-ink-3"
          >
            {lane.label}
          </text>
        ) : null}
        {[...new Set((plot.flags ?? []).map((flag) => flag.at))].map((place) => (
          <path
            key={place}
            d={`M${x(place)},${TOP + PLOT}V${TOP - 8}h8l-2.5,3.5l2.5,3.5h-8`}
            className="fill-ink-3 stroke-ink-3"
            strokeWidth={0.7}
            opacity={place === at ? 1 : 0.7}
          />
        ))}
        {at !== null ? (
          <line
            x1={x(at)}
            x2={x(at)}
            y1={TOP}
            y2={height - FOOT}
            className="stroke-ink-3"
            strokeWidth={1}
            opacity={0.6}
          />
        ) : null}
        {plot.ticks.map((tick, place) =>
          places.has(place) ? (
            <text
              // biome-ignore lint/suspicious/noArrayIndexKey: a place is what a tick is
              key={place}
              x={Math.min(x(place), width - END)}
              y={height - 6}
              textAnchor={place === last && count > 1 ? "end" : "middle"}
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
          className="pop pointer-events-none absolute top-2 z-20 min-w-44 px-3 py-2 text-note"
          style={x(at) > width / 2 ? { right: width - x(at) + 12 } : { left: x(at) + 12 }}
        >
          <p className="mb-1 font-semibold">{names[at]}</p>
          {lines.map(({ key, label, look, values }) => (
            <p key={key} className="flex items-center justify-between gap-4">
              <span className="flex items-center gap-1.5 text-ink-2">
                {look === "before" ? (
                  <span aria-hidden className="w-2.5 border-t border-dashed border-edge" />
                ) : (
                  <SourceMark source={look} />
                )}
                {label}
              </span>
              <bdi className="font-medium">{plot.text(values[at] ?? null)}</bdi>
            </p>
          ))}
          {lane ? (
            <p className="flex items-center justify-between gap-4">
              <span className="flex items-center gap-1.5 text-ink-2">
                <span aria-hidden className="size-2.5 bg-edge opacity-60" />
                {lane.label}
              </span>
              <bdi className="font-medium">{lane.text(lane.values[at] ?? null)}</bdi>
            </p>
          ) : null}
          {isIncomplete(at) ? <p className="mt-1 text-warn">{t("chart.incomplete")}</p> : null}
          {flagsAt(at).map((text) => (
            <p key={text} className="mt-1 max-w-64">
              ⚑ <bdi className="whitespace-normal">{text}</bdi>
            </p>
          ))}
        </div>
      ) : null}
    </div>
  );
}

function isAlone(values: readonly (number | null)[], place: number): boolean {
  return (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null;
}
