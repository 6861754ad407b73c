import type { Platform } from "../../api/platforms";

/** What destinations of a platform are like. */
export interface Kind {
  /** The name of the credential that it wants. */
  credential: string;
  /** How it is told that events are a test: by a code, by another address, or not at all. */
  tests: "under_code" | "at_another_address" | "nowhere";
  /** Whether it drops copies of an event, so that one may send it once more. */
  drops_copies: boolean;
}

const TOKEN = { credential: "access_token", drops_copies: true };

const KINDS: Record<Platform, Kind> = {
  meta: { ...TOKEN, tests: "under_code" },
  tiktok: { ...TOKEN, tests: "under_code" },
  snapchat: { ...TOKEN, tests: "at_another_address" },
  pinterest: { ...TOKEN, tests: "at_another_address" },
  linkedin: { ...TOKEN, tests: "nowhere" },
  // It drops copies of purchases alone.
  google: { credential: "api_secret", tests: "at_another_address", drops_copies: false },
};

/** The kind of a platform's destinations; none where a dataset is for no platform. */
export function kindOf(platform: Platform | null | undefined): Kind | undefined {
  return platform ? KINDS[platform] : undefined;
}
