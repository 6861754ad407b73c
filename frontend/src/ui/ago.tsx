import { useEffect, useState } from "react";
import { useFormat } from "../app/texts";
import { ago } from "../format/units";

const TICK_MS = 5000;

/** How long ago; the exact instant with its zone as its title. */
export function Ago({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at ?? undefined} title={format.instant(at)}>
      <bdi>{ago(at, format.locale, Math.max(now, at ? Date.parse(at) : 0))}</bdi>
    </time>
  );
}
