/** Looks that several fields share. */
export const INPUT =
  "min-h-9 w-full rounded-sm border border-edge bg-surface px-2.5 text-body text-ink placeholder:text-ink-3 data-[invalid]:border-bad max-md:text-[16px]";
export const LABEL = "text-control font-medium text-ink-2";
