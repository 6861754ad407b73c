/** What may stand in an address: days, comparison, platform, leading source; what is wrong falls back. */
import * as v from "valibot";
import { PLATFORMS } from "../api/platforms";
import { isDay } from "../figures/day";

const day = v.optional(v.fallback(v.optional(v.pipe(v.string(), v.check(isDay))), undefined));

function oneOf<const T extends readonly string[]>(names: T) {
  return v.optional(v.fallback(v.optional(v.picklist(names)), undefined));
}

/** A text; one that looks like a number comes as a number out of an address typed by hand. */
const texts = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.maxLength(200));
export const text = v.optional(v.fallback(v.optional(texts), undefined));
export const number = v.optional(v.fallback(v.optional(v.pipe(v.number(), v.finite())), undefined));
export { oneOf };

/** Names of a list parted by commas; those that are not known are left out. */
const platforms = v.optional(
  v.fallback(
    v.optional(
      v.pipe(
        v.string(),
        v.transform(
          (text) => PLATFORMS.filter((one) => text.split(",").includes(one)).join(",") || undefined,
        ),
      ),
    ),
    undefined,
  ),
);

/** What the days are compared with: a name, or the first of any other days. */
const compared = v.optional(
  v.fallback(
    v.optional(
      v.union([
        v.picklist(["weekdays", "year", "year_weekdays", "none"] as const),
        v.pipe(v.string(), v.check(isDay)),
      ]),
    ),
    undefined,
  ),
);

export const shared = {
  from: day,
  to: day,
  vs: compared,
  platform: platforms,
  account: text,
  lead: oneOf(["reported"] as const),
};

export const sharedSearch = v.object(shared);
export type SharedSearch = v.InferOutput<typeof sharedSearch>;
