import { useQuery } from "@tanstack/react-query";
import { AlertTriangle, CircleAlert } from "lucide-react";
import type { Schemas } from "../../api/client";
import { connectors, ingest } from "../../api/queries";
import { useMay } from "../../app/me";
import type { View } from "../../app/search";
import { carried } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { concerns } from "../../figures/attention";
import type { Completeness } from "../../figures/completeness";
import { ButtonLink } from "../../ui/button";

/** Up to five things that need somebody, worst first, each with its one action. */
export function Attention({
  view,
  sums,
  completeness,
  scores,
}: {
  view: View;
  sums?: Schemas["Kpis"];
  completeness: Completeness;
  scores?: Schemas["PlatformScore"][];
}) {
  const t = useTexts();
  const format = useFormat();
  const maySee = useMay("integrations.read");
  const refused = useQuery(ingest({ date_from: view.period.from, date_to: view.today }));
  const connected = useQuery({ ...connectors(), enabled: maySee });
  const found = concerns(
    {
      missingRates: sums?.missing_rates,
      completeness,
      rejections: refused.data?.rejections,
      connectors: connected.data,
      scores,
    },
    {
      platform: (name) => t(`platform.${name}` as never),
      day: (day) => format.day(day),
      number: (value) => format.number(value, 1),
    },
  );
  if (found.length === 0) return null;
  return (
    <section aria-label={t("concern.title")}>
      <ul className="flex gap-2 overflow-x-auto pb-1 max-md:flex-col">
        {found.map((one) => {
          const Icon = one.severity === "bad" ? CircleAlert : AlertTriangle;
          const mayMend = one.to !== "/reports" || maySee;
          return (
            <li
              key={one.key}
              className={`flex min-w-64 flex-1 items-center gap-2 rounded-lg border border-line px-3 py-2 text-control ${one.severity === "bad" ? "bg-bad-soft" : "bg-warn-soft"}`}
            >
              <Icon
                size={16}
                aria-hidden
                className={`shrink-0 ${one.severity === "bad" ? "text-bad" : "text-warn"}`}
              />
              <span className="flex-1">{t(one.text, one.values)}</span>
              {mayMend ? (
                <ButtonLink
                  to={one.to}
                  params={one.params as never}
                  search={(old: object) => carried(old as never) as never}
                >
                  {t(one.action)}
                </ButtonLink>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
