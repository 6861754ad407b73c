import { Check, ChevronDown } from "lucide-react";
import {
  Button as AriaButton,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
} from "react-aria-components";
import { LABEL } from "./looks";

interface Option<K extends string> {
  key: K;
  label: string;
}

export function Choose<K extends string>({
  label,
  isLabelHidden,
  value,
  options,
  onChange,
  name,
  placeholder,
  className,
}: {
  label: string;
  isLabelHidden?: boolean;
  value: K | null;
  options: Option<K>[];
  onChange: (value: K) => void;
  name?: string;
  placeholder?: string;
  className?: string;
}) {
  return (
    <Select
      name={name}
      value={value}
      placeholder={placeholder}
      onChange={(key) => key !== null && onChange(key as K)}
      aria-label={isLabelHidden ? label : undefined}
      className={`flex flex-col gap-1 ${className ?? ""}`}
    >
      {isLabelHidden ? null : <Label className={LABEL}>{label}</Label>}
      <AriaButton
        className={`inline-flex ${isLabelHidden ? "min-h-8" : "min-h-9"} items-center justify-between gap-2 rounded-sm border border-edge/60 bg-surface px-2.5 text-control text-ink hover:bg-sunken`}
      >
        <SelectValue className="truncate data-[placeholder]:text-ink-3" />
        <ChevronDown size={14} className="shrink-0 text-ink-3" aria-hidden />
      </AriaButton>
      <FieldError className="text-note text-bad" />
      <Popover className="pop z-50 max-h-80 min-w-(--trigger-width) overflow-auto p-1">
        <ListBox items={options} className="outline-none">
          {(option) => (
            <ListBoxItem
              id={option.key}
              textValue={option.label}
              className="flex min-h-8 items-center justify-between gap-4 rounded-sm px-2 text-control text-ink outline-none data-[focused]:bg-sunken"
            >
              {({ isSelected }) => (
                <>
                  <span>{option.label}</span>
                  {isSelected ? <Check size={14} aria-hidden /> : null}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
