import { useWidth } from "./measure";
import { scaleOf } from "./plot";

/** Two figures of one thing on a common scale: what is reported and what was tracked. */
export function Dumbbell({
  tracked,
  reported,
  most,
  label,
  mark,
}: {
  tracked: number | null;
  reported: number | null;
  /** The end of the scale, the same for every row. */
  most: number;
  label: string;
  /** A value to compare with: 1 is where ROAS pays back. */
  mark?: number;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const x = scaleOf([0, most || 1], [7, Math.max(8, width - 7)]);
  return (
    <div ref={box} dir="ltr" role="img" aria-label={label} className="h-5 w-full">
      <svg width={width} height={20} aria-hidden className="block">
        <line x1={7} x2={width - 7} y1={10} y2={10} className="stroke-line" />
        {mark !== undefined && mark < most ? (
          <line x1={x(mark)} x2={x(mark)} y1={3} y2={17} className="stroke-edge" strokeDasharray="2 2" />
        ) : null}
        {tracked !== null && reported !== null ? (
          <line x1={x(tracked)} x2={x(reported)} y1={10} y2={10} className="stroke-edge" strokeWidth={2} />
        ) : null}
        {reported !== null ? (
          <circle cx={x(reported)} cy={10} r={4.2} className="fill-surface stroke-reported" strokeWidth={2} />
        ) : null}
        {tracked !== null ? <circle cx={x(tracked)} cy={10} r={5} className="fill-accent" /> : null}
      </svg>
    </div>
  );
}
