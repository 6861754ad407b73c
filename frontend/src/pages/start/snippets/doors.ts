import type { Door } from "./door";
import { meta } from "./meta";
import { pinterest } from "./pinterest";
import { tiktok } from "./tiktok";

/** The doors that take events, by the platform of a dataset. */
const DOORS: Record<string, Door> = { meta, tiktok, pinterest };

/** The door of a dataset; none while events of its platform are not taken. */
export const doorOf = (dataset: { platform: string }): Door | null => DOORS[dataset.platform] ?? null;
