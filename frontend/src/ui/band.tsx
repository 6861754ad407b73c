import { useFormat, useTexts } from "../app/texts";
import { Badge } from "./panel";

const KINDS = { poor: "bad", ok: "warn", good: "good", great: "good" } as const;

type BandName = keyof typeof KINDS;

/** A score of match quality with its band in words. */
export function Score({
  score,
  band,
  reason,
  too_few,
}: {
  score?: number | null;
  band?: string | null;
  reason?: string | null;
  /** Too few events to say anything. */
  too_few?: boolean;
}) {
  const t = useTexts();
  const format = useFormat();
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={reason ?? undefined}>
      <bdi className="font-semibold">{format.figure(score, "score")}</bdi>
      {band && too_few ? <Badge>{t("band.tooFew")}</Badge> : null}
      {band && !too_few ? (
        <Badge kind={KINDS[band as BandName]}>{t(`band.${band as BandName}`)}</Badge>
      ) : null}
    </span>
  );
}
