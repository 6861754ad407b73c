import type { Door } from "./door";
import { ga4 } from "./ga4";
import { linkedin } from "./linkedin";
import { meta } from "./meta";
import { pinterest } from "./pinterest";
import { segment } from "./segment";
import { snapchat } from "./snapchat";
import { tiktok } from "./tiktok";

/** The doors that take events, by the platform of a dataset. */
const DOORS: Record<string, Door> = { meta, google: ga4, tiktok, pinterest, snapchat, linkedin };

/** The door of a dataset; none while events of its platform are not taken. */
export const doorOf = (dataset: { platform?: string | null }): Door | null =>
  dataset.platform ? (DOORS[dataset.platform] ?? null) : segment;
