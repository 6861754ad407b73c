import { useEffect, useState } from "react";

interface Asked<T> {
  data?: T;
  error?: unknown;
  /** When the last answer came, in milliseconds since 1970. */
  at?: number;
}

/** An answer that needs no session, asked once or every so often; what was answered before stays meanwhile. */
export function useAnswer<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs?: number): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({});
  useEffect(() => {
    const stop = new AbortController();
    const turn = () =>
      ask(stop.signal).then(
        (data) => setAsked({ data, at: Date.now() }),
        (error: unknown) => stop.signal.aborted || setAsked((old) => ({ ...old, error })),
      );
    void turn();
    const timer = everyMs ? setInterval(() => void turn(), everyMs) : undefined;
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [ask, everyMs]);
  return asked;
}
