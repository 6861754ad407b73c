import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { IntlProvider, useIntl } from "react-intl";
import type source from "../../lang/en.json";
import { Format } from "../format/format";
import en from "../lang/en.json";
import { localeOf, useLook } from "./look";

/** The name of a text. */
export type TextId = keyof typeof source;
export type Texts = (id: TextId, values?: Record<string, string | number>) => string;

const FormatContext = createContext(new Format("en-GB", "UTC"));

type Messages = Record<string, unknown>;

/** Texts and formats in the chosen language, and in the tenant's zone where one is known. */
export function TextProvider({ children }: { children: ReactNode }) {
  const look = useLook();
  const locale = localeOf(look);
  const [arabic, setArabic] = useState<Messages | null>(null);
  useEffect(() => {
    if (look.language !== "ar" || arabic) return;
    void Promise.all([import("../lang/ar.json"), import("./arabic")]).then(([texts]) =>
      setArabic(texts.default),
    );
  }, [look.language, arabic]);
  const messages = look.language === "ar" ? arabic : (en as Messages);
  const format = useMemo(() => new Format(locale, browserZone), [locale]);
  if (!messages) return null;
  return (
    <I18nProvider locale={look.language === "ar" ? "ar-AE" : "en-US"}>
      <IntlProvider locale={locale} messages={messages as never} onError={() => {}}>
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
