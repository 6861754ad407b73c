import type { TextId } from "../app/texts";

/** The name of a platform's text; rows may name none, or one that is not known. */
export function platformText(platform: string | null | undefined): TextId {
  return platform ? (`platform.${platform}` as TextId) : "platform.unknown";
}
