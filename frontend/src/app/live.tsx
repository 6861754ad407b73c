import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from "react";
import { Live, type LiveState, type Update } from "../api/live";
import { renewed } from "../api/queries";

/** Questions are asked again at most this often, however much changes. */
const PACE_MS = 2000;

/** Gathers what became old and asks again for what is in sight. */
function renewer(client: QueryClient): (update: Update) => void {
  const old = new Set<string>();
  let timer = 0;
  let askedAt = 0;
  const ask = () => {
    timer = 0;
    askedAt = Date.now();
    const names = [...old];
    old.clear();
    const isOld = (name: unknown) => names.includes("*") || names.includes(String(name));
    // A tab in the background only learns that it is behind; it asks when it is looked at.
    const refetchType = document.hidden ? "none" : "active";
    void client.invalidateQueries({ predicate: ({ queryKey }) => isOld(queryKey[0]), refetchType });
  };
  return ({ kind, data }) => {
    if (kind === "resync") old.add("*");
    for (const name of renewed(kind, data)) old.add(name);
    if (old.size > 0 && !timer) timer = window.setTimeout(ask, Math.max(0, askedAt + PACE_MS - Date.now()));
  };
}

const LiveContext = createContext<Live | null>(null);

/** Reads the live stream while its children are there. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    const made = new Live(renewer(client));
    setLive(made);
    return () => made.close();
  }, [client]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

const never = () => () => {};

export function useLive(): LiveState {
  const live = use(LiveContext);
  return useSyncExternalStore(live?.subscribe ?? never, live?.snapshot ?? (() => "connecting" as const));
}
