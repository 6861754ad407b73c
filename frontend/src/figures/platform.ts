import type { TextId } from "../app/texts";

/** The name of a platform's text. Rows of a dataset that name none are for none; others do not say. */
export function platformText(platform: string | null | undefined, dataset?: string): TextId {
  if (platform) return `platform.${platform}` as TextId;
  return dataset ? "platform.none" : "platform.unknown";
}
