import { useQuery } from "@tanstack/react-query";
import { simulation } from "../api/planning";
import { useTexts } from "../app/texts";
import { ForecastReason } from "../ui/forecast-reason";
import { Asked, Empty, Note } from "../ui/panel";
import { Curve } from "./curve";

/** Changes of the budget in percent that the curve is drawn through; twenty is what one question may ask. */
const CHANGES = [-100, -80, -60, -45, -30, -20, -10, -5, 0, 5, 10, 20, 30, 45, 60, 75, 90, 110, 130, 150];

/** What other budgets of a campaign would bring over so many days, and how sure that is. */
export function CampaignCurve({
  campaign,
  days,
  plan,
}: {
  /** Its id at the platform. */
  campaign: string;
  days: number;
  /** The budget that is planned for it over these days. */
  plan?: number;
}) {
  const t = useTexts();
  const query = useQuery(
    simulation({
      campaign_id: campaign,
      scenarios: CHANGES.map((budget_change_percent) => ({
        name: String(budget_change_percent),
        budget_change_percent,
      })),
      time_horizon_days: days,
    }),
  );
  return (
    <Asked query={query} lines={8}>
      {(data) => {
        const left = data.left_out[0];
        if (data.scenarios.length === 0 || left)
          return (
            <Empty title={t("response.none")}>
              {left ? <ForecastReason code={left.reason_code} numbers={left.reason_parameters} /> : null}
            </Empty>
          );
        const unknown = data.scenarios.some(({ unknown_responses }) => unknown_responses > 0);
        return (
          <>
            {unknown ? <Note className="mb-3">{t("response.unknown")}</Note> : null}
            <Curve simulation={data} plan={plan} />
          </>
        );
      }}
    </Asked>
  );
}
