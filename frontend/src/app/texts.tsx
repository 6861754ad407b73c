import { createContext, type ReactNode, use, useEffect, useMemo, useSyncExternalStore } from "react";
import { I18nProvider } from "react-aria-components";
import { IntlProvider, useIntl } from "react-intl";
import type source from "../../lang/en.json";
import { Format } from "../format/format";
import { localeOf, useLook } from "./look";
import { snapshot, speak, subscribe } from "./messages";

/** The name of a text. */
export type TextId = keyof typeof source;
export type Texts = (id: TextId, values?: Record<string, string | number>) => string;

const FormatContext = createContext(new Format("en-GB", "UTC"));

/** Texts and formats in the chosen language, and in the tenant's zone where one is known. */
export function TextProvider({ children }: { children: ReactNode }) {
  const look = useLook();
  const shown = useSyncExternalStore(subscribe, snapshot);
  useEffect(() => speak(look.language), [look.language]);
  // Until the texts of a language are there, the one before stays, with its own formats.
  const locale = localeOf({ ...look, language: shown?.language ?? look.language });
  const format = useMemo(() => new Format(locale, browserZone), [locale]);
  if (!shown) return null;
  return (
    <I18nProvider locale={shown.language === "ar" ? "ar-AE" : "en-US"}>
      <IntlProvider locale={locale} messages={shown.messages as never} onError={() => {}}>
        <FormatContext value={format}>{children}</FormatContext>
      </IntlProvider>
    </I18nProvider>
  );
}

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Formats in the zone of the tenant. */
export function ZoneProvider({ zone, children }: { zone: string; children: ReactNode }) {
  const { locale } = useFormat();
  const format = useMemo(() => new Format(locale, zone), [locale, zone]);
  return <FormatContext value={format}>{children}</FormatContext>;
}

export function useFormat(): Format {
  return use(FormatContext);
}

export function useTexts(): Texts {
  const intl = useIntl();
  return useMemo(() => (id, values) => intl.formatMessage({ id }, values), [intl]);
}
