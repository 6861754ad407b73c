import type { Platform } from "../../api/platforms";
import type { TextId } from "../../app/texts";

/** Codes of ours. */
const OURS: Record<string, TextId> = {
  shadow: "deliveryAdvice.shadow",
  event_name: "deliveryAdvice.event_name",
  test_event: "deliveryAdvice.test_event",
  opt_out: "deliveryAdvice.opt_out",
  limited_data_use: "deliveryAdvice.limited_data_use",
  too_old: "deliveryAdvice.too_old",
  erased: "deliveryAdvice.erased",
  key_deleted: "deliveryAdvice.key_deleted",
  unreadable: "deliveryAdvice.unreadable",
  unknown_name: "deliveryAdvice.unknown_name",
  no_value: "deliveryAdvice.no_value",
  too_few_identifiers: "deliveryAdvice.too_few_identifiers",
};

/** Codes of the platforms, with their subcode where there is one. */
const THEIRS: Record<Platform, [RegExp, TextId][]> = {
  meta: [
    [/^100\/2804003$/, "deliveryAdvice.metaOld"],
    [/^100\/2804008$/, "deliveryAdvice.metaHash"],
    [/^100\/2804050$/, "deliveryAdvice.metaPerson"],
    [/^100\/33$/, "deliveryAdvice.metaPixel"],
    [/^(190|401)(\/|$)/, "deliveryAdvice.metaToken"],
    [/^(10|200|3|403)(\/|$)/, "deliveryAdvice.metaRight"],
    [/^(4|17|613|80003|80004)(\/|$)/, "deliveryAdvice.many"],
    [/^(1|2|21009)(\/|$)/, "deliveryAdvice.fails"],
  ],
  tiktok: [
    [/^(40001|40102|40104|40105|401|403)$/, "deliveryAdvice.token"],
    [/^40100$/, "deliveryAdvice.many"],
    [/^5\d{4}$/, "deliveryAdvice.fails"],
  ],
  snapchat: [[/^(401|403)$/, "deliveryAdvice.token"]],
  pinterest: [
    [/^(401|403|2|29)$/, "deliveryAdvice.token"],
    [/^8$/, "deliveryAdvice.many"],
  ],
  linkedin: [
    [/^(401|403|65600|65601)$/, "deliveryAdvice.token"],
    [/^426$/, "deliveryAdvice.version"],
  ],
  google: [],
};

/** What a code asks one to do; `null` where there is no code. */
export function adviceOf(platform: Platform, code: string): TextId | null {
  if (code === "") return null;
  const known = THEIRS[platform].find(([pattern]) => pattern.test(code));
  return OURS[code] ?? known?.[1] ?? "deliveryAdvice.other";
}
