import type { Schemas } from "../../api/client";
import { useFormat } from "../../app/texts";

/** Expected revenue over its interval; a dash where there is none. */
export function RevenueRange({
  revenue,
  currency,
}: {
  revenue: Schemas["ExpectedRevenue"] | null | undefined;
  currency: string;
}) {
  const format = useFormat();
  if (!revenue) return "–";
  return (
    <>
      <bdi>{format.money(revenue.value, currency)}</bdi>
      <span className="block text-note font-normal text-ink-3">
        <bdi>
          {format.money(revenue.lower, currency, true)} – {format.money(revenue.upper, currency, true)}
        </bdi>
      </span>
    </>
  );
}
