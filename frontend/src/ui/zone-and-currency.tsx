import { ChevronDown } from "lucide-react";
import {
  Button,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
} from "react-aria-components";
import { useFormat, useTexts } from "../app/texts";
import { currencyName } from "../format/units";

interface Option {
  key: string;
  label: string;
}

const ZONES: Option[] = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")].map(
  (key) => ({
    key,
    label: key,
  }),
);
const CURRENCIES = Intl.supportedValuesOf("currency");

/** Whose days count, and what totals are shown in. */
export function ZoneAndCurrency({
  zone,
  currency,
  onZone,
  onCurrency,
}: {
  zone: string;
  currency: string;
  onZone: (zone: string) => void;
  onCurrency: (currency: string) => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const currencies = CURRENCIES.map((key) => ({
    key,
    label: `${key} – ${currencyName(key, format.locale)}`,
  }));
  return (
    <div className="flex flex-wrap gap-3">
      <Find name="time_zone" label={t("settings.zone")} value={zone} options={ZONES} onChange={onZone} />
      <Find
        name="reporting_currency"
        label={t("settings.currency")}
        value={currency}
        options={currencies}
        onChange={onCurrency}
      />
    </div>
  );
}

/** One of many, found by typing. */
function Find({
  name,
  label,
  value,
  options,
  onChange,
}: {
  name: string;
  label: string;
  value: string;
  options: Option[];
  onChange: (value: string) => void;
}) {
  return (
    <ComboBox
      name={name}
      selectedKey={value}
      defaultItems={options}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      className="flex w-72 max-w-full flex-col gap-1"
    >
      <Label className="text-control font-medium text-ink-2">{label}</Label>
      <div className="relative">
        <Input className="min-h-9 w-full rounded-sm border border-edge bg-surface ps-2.5 pe-9 text-body max-md:text-[16px]" />
        <Button className="absolute inset-y-0 end-0 flex w-8 items-center justify-center text-ink-3">
          <ChevronDown size={14} aria-hidden />
        </Button>
      </div>
      <FieldError className="text-note text-bad" />
      <Popover className="pop z-50 max-h-72 w-(--trigger-width) overflow-auto p-1">
        <ListBox<Option> className="outline-none">
          {(option) => (
            <ListBoxItem
              id={option.key}
              textValue={option.label}
              className="flex min-h-8 items-center rounded-sm px-2 text-control outline-none data-[focused]:bg-sunken data-[selected]:font-semibold"
            >
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
