import type { ReactNode } from "react";
import { Input, Label, NumberField } from "react-aria-components";
import { INPUT, LABEL } from "./looks";
import { Notes } from "./text-field";

/** A number, typed in the reader's own way, of a currency where one is given. */
export function Amount({
  label,
  value,
  onChange,
  help,
  currency,
  min,
  max,
  step,
  name,
  isLabelHidden,
  className,
}: {
  label: string;
  value: number | null;
  onChange: (value: number | null) => void;
  help?: ReactNode;
  currency?: string;
  min?: number;
  max?: number;
  step?: number;
  name?: string;
  isLabelHidden?: boolean;
  className?: string;
}) {
  return (
    <NumberField
      name={name}
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? null : next)}
      minValue={min}
      maxValue={max}
      step={step}
      aria-label={isLabelHidden ? label : undefined}
      formatOptions={
        currency
          ? { style: "currency", currency, maximumFractionDigits: 2, minimumFractionDigits: 0 }
          : undefined
      }
      className={`flex flex-col gap-1 ${className ?? ""}`}
    >
      {isLabelHidden ? null : <Label className={LABEL}>{label}</Label>}
      <Input dir="ltr" className={`${INPUT} text-end`} />
      <Notes help={help} />
    </NumberField>
  );
}
