import type { Schemas } from "./client";

/** The ad platforms, in the order they are listed. */
export type Platform = Schemas["Platform"];
export const PLATFORMS: Platform[] = ["meta", "google", "tiktok", "snapchat", "linkedin", "pinterest"];
