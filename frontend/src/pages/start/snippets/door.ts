/** What a vendor's own SDK needs to send its events here. */

export interface Place {
  /** Where this program serves, as the browser reaches it. */
  origin: string;
  dataset: string;
  key: string;
}

export const LANGUAGES = ["curl", "python", "node", "php"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Door {
  /** Code that is ready to paste, in the languages that there is an SDK or a way for. */
  snippets: Partial<Record<Language, (place: Place) => string>>;
  /** An event that counts like any other, and says what it is. */
  test: (
    dataset: string,
    key: string,
    now: number,
  ) => { path: string; headers: Record<string, string>; body: object };
}
