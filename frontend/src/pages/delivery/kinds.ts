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

const KINDS: Partial<Record<Platform, Kind>> = {
  meta: { credential: "access_token", tests: "under_code", drops_copies: true },
};

/** The kind of a platform's destinations; none where events are not handed on to it. */
export function kindOf(platform: Platform | null | undefined): Kind | undefined {
  return platform ? KINDS[platform] : undefined;
}
