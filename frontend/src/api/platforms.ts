/** The ad platforms, in the order they are listed. */
export type Platform = "meta" | "google" | "tiktok" | "snapchat" | "linkedin" | "pinterest";
export const PLATFORMS: Platform[] = ["meta", "google", "tiktok", "snapchat", "linkedin", "pinterest"];
