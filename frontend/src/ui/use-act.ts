import { useState } from "react";

/** Work that a button starts: its refusal is kept to be shown, and it is known while it is under way. */
export function useAct(): { act: (work: () => Promise<void>) => void; error: unknown; isBusy: boolean } {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const act = (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    work()
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return { act, error, isBusy };
}
