import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  Checkbox,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Switch,
} from "react-aria-components";
import { LABEL } from "./text-field";

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

export function Tick({
  children,
  isSelected,
  onChange,
  isDisabled,
}: {
  children: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
}) {
  return (
    <Checkbox
      isSelected={isSelected}
      onChange={onChange}
      isDisabled={isDisabled}
      className="group inline-flex min-h-6 items-center gap-2 text-control text-ink data-[disabled]:opacity-50"
    >
      <span className="flex size-4 shrink-0 items-center justify-center rounded-[4px] border border-edge bg-surface text-on-accent group-data-[selected]:border-accent group-data-[selected]:bg-accent group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-offset-2 group-data-[focus-visible]:outline-accent">
        {isSelected ? <Check size={12} strokeWidth={3} aria-hidden /> : null}
      </span>
      {children}
    </Checkbox>
  );
}

export function Toggle({
  children,
  isSelected,
  onChange,
}: {
  children: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
}) {
  return (
    <Switch
      isSelected={isSelected}
      onChange={onChange}
      className="group inline-flex min-h-6 items-center gap-2 text-control text-ink"
    >
      <span className="flex h-5 w-9 items-center rounded-full border border-edge bg-sunken px-0.5 group-data-[selected]:border-accent group-data-[selected]:bg-accent group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-offset-2 group-data-[focus-visible]:outline-accent">
        <span className="size-3.5 rounded-full bg-edge group-data-[selected]:ms-auto group-data-[selected]:bg-on-accent" />
      </span>
      {children}
    </Switch>
  );
}
