import type { CalendarDate } from "@internationalized/date";
import { ChevronLeft, ChevronRight } from "lucide-react";
import {
  RangeCalendar as AriaRangeCalendar,
  Button,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Heading,
} from "react-aria-components";
import { useTexts } from "../app/texts";

const CELL =
  "flex size-9 items-center justify-center rounded-sm text-control outline-offset-[-2px] data-[disabled]:text-ink-3 data-[disabled]:opacity-40 data-[outside-month]:hidden data-[hovered]:bg-sunken data-[selected]:bg-accent-soft data-[selected]:text-accent data-[selection-start]:bg-accent data-[selection-start]:text-on-accent data-[selection-end]:bg-accent data-[selection-end]:text-on-accent";

/** A month in which first and last day are chosen. */
export default function RangeCalendar({
  from,
  to,
  last,
  onChoose,
}: {
  from: CalendarDate;
  to: CalendarDate;
  last: CalendarDate;
  onChoose: (from: CalendarDate, to: CalendarDate) => void;
}) {
  const t = useTexts();
  return (
    <AriaRangeCalendar
      aria-label={t("period.choose")}
      defaultValue={{ start: from, end: to }}
      defaultFocusedValue={to}
      maxValue={last}
      onChange={({ start, end }) => onChoose(start as CalendarDate, end as CalendarDate)}
    >
      <header className="mb-2 flex items-center justify-between">
        <Button slot="previous" className="rounded-sm p-1.5 text-ink-2 hover:bg-sunken">
          <ChevronLeft size={16} className="rtl:-scale-x-100" />
        </Button>
        <Heading className="text-control font-semibold" />
        <Button
          slot="next"
          className="rounded-sm p-1.5 text-ink-2 hover:bg-sunken data-[disabled]:opacity-40"
        >
          <ChevronRight size={16} className="rtl:-scale-x-100" />
        </Button>
      </header>
      <CalendarGrid>
        <CalendarGridHeader>
          {(day) => (
            <CalendarHeaderCell className="pb-1 text-note font-medium text-ink-3">{day}</CalendarHeaderCell>
          )}
        </CalendarGridHeader>
        <CalendarGridBody>{(date) => <CalendarCell date={date} className={CELL} />}</CalendarGridBody>
      </CalendarGrid>
    </AriaRangeCalendar>
  );
}
