import { parseDate } from "@internationalized/date";
import { CalendarDays, ChevronLeft, ChevronRight } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { View } from "../app/search";
import { useKey } from "../app/shortcuts";
import { type TextId, useFormat, useTexts } from "../app/texts";
import { completeDays, lastMonth, length, type Period, shift, thisMonth, withToday } from "../figures/period";
import { IconButton } from "./icon-button";
import { Waiting } from "./panel";

const RangeCalendar = lazy(() => import("./range-calendar"));

/** The days that the page is about; the zone whose days they are stands beside them. */
export function PeriodPicker({ view, zone }: { view: View; zone: string }) {
  const t = useTexts();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const { period } = view;
  // Later days would end after today, and lead back to the days shown by themselves.
  const isLatest = period.to >= view.today || (view.isDefault && shift(period, 1).to > view.today);
  const move = (step: -1 | 1) => {
    const next = shift(period, step);
    view.change(next.to > view.today ? { from: undefined, to: undefined } : next);
  };
  useKey("[", () => move(-1));
  useKey("]", () => isLatest || move(1));
  useKey("d", () => setOpen(true));
  const choose = (next: Period) => {
    view.change(next);
    setOpen(false);
  };
  const presets: [TextId, Period][] = [
    ["period.last7", completeDays(zone, 7)],
    ["period.last28", completeDays(zone, 28)],
    ["period.last28today", withToday(zone, 28)],
    ["period.last90", completeDays(zone, 90)],
    ["period.thisMonth", thisMonth(zone)],
    ["period.lastMonth", lastMonth(zone)],
    ["period.last365", completeDays(zone, 365)],
  ];
  return (
    <div className="flex items-center">
      <IconButton label={t("period.before")} onPress={() => move(-1)}>
        <ChevronLeft size={16} className="rtl:-scale-x-100" />
      </IconButton>
      <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
        <AriaButton className="inline-flex min-h-8 items-center gap-2 rounded-sm border border-edge/60 bg-surface px-2.5 text-control font-medium hover:bg-sunken">
          <CalendarDays size={14} className="text-ink-3" aria-hidden />
          <bdi>{format.days(period.from, period.to)}</bdi>
          <span className="font-normal text-ink-3 max-sm:hidden">
            {t("period.days", { count: length(period) })}
            {period.to >= view.today ? ` · ${t("period.partial")}` : ""}
          </span>
        </AriaButton>
        <Popover placement="bottom start" className="pop z-50 max-w-[calc(100vw-16px)] overflow-auto">
          <Dialog aria-label={t("period.choose")} className="flex outline-none max-md:flex-col">
            <ul className="flex shrink-0 flex-col gap-0.5 border-line p-2 md:border-e">
              {presets.map(([label, preset]) => (
                <li key={label}>
                  <AriaButton
                    onPress={() => choose(preset)}
                    className={`w-full rounded-sm px-2.5 py-1.5 text-start text-control whitespace-nowrap hover:bg-sunken ${preset.from === period.from && preset.to === period.to ? "bg-accent-soft font-semibold text-accent" : ""}`}
                  >
                    {t(label)}
                  </AriaButton>
                </li>
              ))}
            </ul>
            <div className="p-3">
              <Suspense fallback={<Waiting lines={7} />}>
                <RangeCalendar
                  from={parseDate(period.from)}
                  to={parseDate(period.to)}
                  last={parseDate(view.today)}
                  onChoose={(from, to) => choose({ from: from.toString(), to: to.toString() })}
                />
              </Suspense>
              <p className="mt-2 max-w-64 text-note text-ink-3">{t("period.zone", { zone })}</p>
            </div>
          </Dialog>
        </Popover>
      </DialogTrigger>
      <IconButton label={t("period.after")} onPress={() => move(1)} isDisabled={isLatest}>
        <ChevronRight size={16} className="rtl:-scale-x-100" />
      </IconButton>
    </div>
  );
}
