import { useFormat, useTexts } from "../app/texts";
import { Badge } from "./panel";

const KINDS = { poor: "bad", ok: "warn", good: "good", great: "good" } as const;

type BandName = keyof typeof KINDS;

/** A score of match quality with its band in words. */
export function Score({
  score,
  band,
  reason,
}: {
  score?: number | null;
  band?: string | null;
  reason?: string | null;
}) {
  const t = useTexts();
  const format = useFormat();
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={reason ?? undefined}>
      <bdi className="font-semibold">{format.figure(score, "score")}</bdi>
      {band ? <Badge kind={KINDS[band as BandName]}>{t(`band.${band as BandName}`)}</Badge> : null}
    </span>
  );
}
