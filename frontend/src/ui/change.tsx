import { useFormat } from "../app/texts";
import { isBetter, type Kpi } from "../figures/kpi";

/** A change with arrow and sign, coloured by what is better for that KPI. */
export function Change({ kpi, value, title }: { kpi: Kpi; value: number | null; title?: string }) {
  const format = useFormat();
  if (value === null) return null;
  const better = isBetter(kpi, value);
  const colour = better === null ? "text-ink-2" : better ? "text-good" : "text-bad";
  const arrow = value > 0 ? "▲" : value < 0 ? "▼" : "";
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-0.5 text-control font-medium whitespace-nowrap ${colour}`}
    >
      <span aria-hidden className="text-[9px]">
        {arrow}
      </span>
      <bdi>{format.change(value)}</bdi>
    </span>
  );
}
