import { Check, ChevronDown } from "lucide-react";
import { Button, Dialog, DialogTrigger, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useFormat } from "../app/texts";

/** Any of a few; none chosen means all. */
export function ChooseMany<K extends string>({
  label,
  all,
  values,
  options,
  onChange,
}: {
  label: string;
  /** What stands there while none is chosen. */
  all: string;
  values: K[];
  options: { key: K; label: string }[];
  onChange: (values: K[]) => void;
}) {
  const format = useFormat();
  const chosen = values.map((key) => options.find((one) => one.key === key)?.label ?? key);
  const shown =
    chosen.length === 0
      ? all
      : chosen.length <= 2
        ? format.list(chosen)
        : `${label} (${format.number(chosen.length)})`;
  return (
    <DialogTrigger>
      <Button
        aria-label={`${label}: ${shown}`}
        className="inline-flex min-h-8 max-w-52 items-center justify-between gap-2 rounded-sm border border-edge/60 bg-surface px-2.5 text-control text-ink hover:bg-sunken"
      >
        <span className="truncate">{shown}</span>
        <ChevronDown size={14} className="shrink-0 text-ink-3" aria-hidden />
      </Button>
      <Popover className="pop z-50 max-h-80 min-w-(--trigger-width) overflow-auto p-1">
        <Dialog aria-label={label} className="outline-none">
          <ListBox
            aria-label={label}
            items={options}
            selectionMode="multiple"
            // It closes the list, and leaves what is chosen.
            escapeKeyBehavior="none"
            selectedKeys={values}
            onSelectionChange={(keys) =>
              onChange(keys === "all" ? options.map(({ key }) => key) : ([...keys] as K[]))
            }
            className="outline-none"
          >
            {(option) => (
              <ListBoxItem
                id={option.key}
                textValue={option.label}
                className="flex min-h-8 items-center justify-between gap-4 rounded-sm px-2 text-control text-ink outline-none data-[focused]:bg-sunken"
              >
                {({ isSelected }) => (
                  <>
                    <bdi>{option.label}</bdi>
                    {isSelected ? <Check size={14} aria-hidden /> : null}
                  </>
                )}
              </ListBoxItem>
            )}
          </ListBox>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
