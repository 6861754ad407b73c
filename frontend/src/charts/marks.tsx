import type { Source } from "../figures/kpi";

/** The sign of a source, the same everywhere: solid blue is tracked, hollow orange is reported. */
export function SourceMark({ source }: { source: Source }) {
  return (
    <svg width={10} height={10} viewBox="0 0 10 10" aria-hidden className="inline-block shrink-0">
      {source === "tracked" ? (
        <circle cx={5} cy={5} r={4} className="fill-accent" />
      ) : (
        <circle cx={5} cy={5} r={3.2} className="fill-surface stroke-reported" strokeWidth={1.8} />
      )}
    </svg>
  );
}

/** Hatching for what a platform has not reported. */
export function Hatch({ id }: { id: string }) {
  return (
    <pattern id={id} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <line x1={0} y1={0} x2={0} y2={6} className="stroke-edge" strokeWidth={1.5} opacity={0.55} />
    </pattern>
  );
}

/** The hatch beside a figure that lacks days. */
export function HatchMark({ label }: { label: string }) {
  return (
    <svg
      width={12}
      height={12}
      viewBox="0 0 12 12"
      role="img"
      aria-label={label}
      className="inline-block shrink-0"
    >
      <title>{label}</title>
      <path
        d="M0 4 4 0M0 8 8 0M0 12 12 0M4 12 12 4M8 12 12 8"
        className="stroke-warn"
        strokeWidth={1.3}
        fill="none"
      />
    </svg>
  );
}
