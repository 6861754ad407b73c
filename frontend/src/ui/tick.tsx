import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Checkbox, Switch } from "react-aria-components";

/** A box to tick, with its text beside it. */
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
