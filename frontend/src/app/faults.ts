/** What is wrong with a request, in the language of the page. */
import { useEffect } from "react";
import { type Detail, Refused } from "../api/errors";
import { useLook } from "./look";
import { want } from "./messages";
import { type TextId, useTexts } from "./texts";

interface Faults {
  /** What is wrong as a whole, in a sentence. */
  text: string;
  /** What else is wrong, by field. */
  parts: { field: string; text: string }[];
  /** The same by form field, as React Aria's `Form` takes it. */
  fields: Record<string, string>;
}

/** The server speaks English: in other languages a fault is told by its code, and in English where it has none. */
export function useFaults(error: unknown): Faults {
  const t = useTexts();
  const isTranslated = useLook().language !== "en";
  const { details, message } = error instanceof Refused ? error : { details: [], message: "" };
  const isWanted = isTranslated && details.length > 0;
  useEffect(() => void (isWanted && want("faults")), [isWanted]);
  const textOf = (detail: Detail) => {
    const id = `fault.${detail.code}` as TextId;
    const text = isTranslated ? t(id, { ...detail.params, message: detail.message }) : detail.message;
    return text === id ? detail.message : text;
  };
  const whole = details.length === 1 ? details[0] : details.find(({ field }) => field === "");
  const rest = isTranslated
    ? details.filter((detail) => detail !== whole)
    : details.filter((detail) => detail.message !== message);
  return {
    text: !isTranslated ? message : whole ? textOf(whole) : rest.length > 0 ? t("error.fields") : message,
    parts: rest.map((detail) => ({ field: detail.field, text: textOf(detail) })),
    fields: Object.fromEntries(details.map((detail) => [detail.field, textOf(detail)])),
  };
}
