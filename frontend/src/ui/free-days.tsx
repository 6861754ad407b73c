import { useState } from "react";
import { useTexts } from "../app/texts";
import { isDay } from "../figures/day";
import { Form } from "./form";
import { Field } from "./text-field";

/** The first of the days to compare with; as many follow as are shown. */
export default function FreeDays({
  first,
  days,
  onChoose,
}: {
  first: string;
  days: number;
  onChoose: (day: string) => void;
}) {
  const t = useTexts();
  const [day, setDay] = useState(first);
  return (
    <Form action={t("compare.choose")} isDisabled={!isDay(day)} send={async () => onChoose(day)}>
      <Field
        label={t("compare.first")}
        type="date"
        value={day}
        onChange={setDay}
        help={t("compare.as_many", { count: days })}
        autoFocus
        ltr
      />
    </Form>
  );
}
