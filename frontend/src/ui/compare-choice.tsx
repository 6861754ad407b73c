import { parseDate } from "@internationalized/date";
import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { SharedSearch, View } from "../app/search";
import { useKey } from "../app/shortcuts";
import { useFormat, useTexts } from "../app/texts";
import { length } from "../figures/period";
import { Dialog } from "./dialog";
import { Choose } from "./field";
import { Waiting } from "./panel";

const FreeDays = lazy(() => import("./free-days"));

const NAMED = ["period", "weekdays", "year", "year_weekdays", "none"] as const;
type Choice = (typeof NAMED)[number] | "free" | "chosen";

/** What the days are compared with: days before, the same weekdays, a year before, or any others. */
export function CompareChoice({ view }: { view: View }) {
  const t = useTexts();
  const format = useFormat();
  const { vs } = useSearch({ strict: false }) as SharedSearch;
  const [isChoosing, setChoosing] = useState(false);
  const free = view.compared?.compare_from;
  const days = length(view.period);
  const until = (from: string) =>
    parseDate(from)
      .add({ days: days - 1 })
      .toString();
  const value: Choice = free ? "chosen" : ((vs as Choice | undefined) ?? "period");
  const set = (key: Choice) => {
    if (key === "free") setChoosing(true);
    else if (key !== "chosen") view.change({ vs: key === "period" ? undefined : key });
  };
  useKey("v", () => {
    const at = NAMED.indexOf(value as (typeof NAMED)[number]);
    set(NAMED[(at + 1) % NAMED.length] ?? "period");
  });
  const options: { key: Choice; label: string }[] = [
    ...NAMED.map((key) => ({ key, label: t(`compare.${key}`) })),
    ...(free
      ? [{ key: "chosen" as const, label: t("compare.days", { days: format.days(free, until(free)) }) }]
      : []),
    { key: "free", label: t("compare.free") },
  ];
  return (
    <>
      <Choose label={t("compare.label")} isLabelHidden value={value} options={options} onChange={set} />
      <Dialog title={t("compare.label")} isOpen={isChoosing} onClose={() => setChoosing(false)}>
        <Suspense fallback={<Waiting lines={3} />}>
          <FreeDays
            first={free ?? parseDate(view.period.from).subtract({ days }).toString()}
            days={days}
            onChoose={(day) => {
              view.change({ vs: day as SharedSearch["vs"] });
              setChoosing(false);
            }}
          />
        </Suspense>
      </Dialog>
    </>
  );
}
