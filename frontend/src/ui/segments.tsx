import type { ReactNode } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";

interface Choice<K extends string> {
  key: K;
  label: ReactNode;
  hint?: string;
}

/** One of a few, all in sight. */
export function Segments<K extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: K;
  choices: Choice<K>[];
  onChange: (value: K) => void;
}) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const [key] = [...keys];
        if (key !== undefined) onChange(key as K);
      }}
      className="inline-flex max-w-full self-start overflow-x-auto rounded-sm border border-edge/60 bg-surface p-px"
    >
      {choices.map((choice) => (
        <ToggleButton
          key={choice.key}
          id={choice.key}
          className="inline-flex min-h-7 items-center gap-1.5 rounded-[5px] px-2.5 text-control whitespace-nowrap text-ink-2 hover:text-ink data-[selected]:bg-sunken data-[selected]:font-semibold data-[selected]:text-ink"
        >
          {choice.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
