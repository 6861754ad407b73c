import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { carried } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { HatchMark, SourceMark } from "../../charts/marks";
import { Spark } from "../../charts/spark";
import { changeOf, figureOf, KPIS, type Kpi, type KpiKey, type Source } from "../../figures/kpi";
import { Score } from "../../ui/band";
import { Change } from "../../ui/change";
import { Waiting } from "../../ui/panel";

type Sums = Schemas["Kpis"];
type Points = Schemas["Point"][];

const SHOWN: KpiKey[] = ["spend", "revenue", "roas", "conversions", "cpa"];

interface TilesProps {
  sums?: Sums;
  points?: Points;
  score?: Schemas["EmqScores"];
  lead: Source;
  kpi: KpiKey;
  isIncomplete: boolean;
  onChoose: (kpi: KpiKey) => void;
}

/** The figures of the period; a press on one makes it the chart. */
export function Tiles({ sums, points, score, lead, kpi, isIncomplete, onChoose }: TilesProps) {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      {SHOWN.map((key) => (
        <Tile
          key={key}
          kpi={KPIS[key]}
          sums={sums}
          points={points}
          lead={lead}
          isChosen={key === kpi}
          isIncomplete={isIncomplete}
          onChoose={() => onChoose(key)}
        />
      ))}
      <ScoreTile score={score} />
    </div>
  );
}

const SHAPE = "flex min-h-32 min-w-0 flex-col rounded-lg border bg-surface px-4 py-3 text-start";

function Tile({
  kpi,
  sums,
  points,
  lead,
  isChosen,
  isIncomplete,
  onChoose,
}: {
  kpi: Kpi;
  sums?: Sums;
  points?: Points;
  lead: Source;
  isChosen: boolean;
  isIncomplete: boolean;
  onChoose: () => void;
}) {
  const t = useTexts();
  const format = useFormat();
  const source: Source = kpi.tracked === null ? "reported" : lead;
  const other: Source | null = kpi.tracked === null ? null : source === "tracked" ? "reported" : "tracked";
  const show = (from: Source) => format.figure(figureOf(sums, kpi, from), kpi.unit, sums?.currency);
  const before = figureOf(sums?.comparison?.previous, kpi, source);
  const change = changeOf(sums?.comparison, kpi, source);
  const values = (from: Source) =>
    kpi[from] === null ? undefined : points?.map((point) => figureOf(point, kpi, from));
  const reportedCounts = isIncomplete && (source === "reported" || other === "reported");
  return (
    <button
      type="button"
      onClick={onChoose}
      aria-pressed={isChosen}
      className={`${SHAPE} hover:border-edge ${isChosen ? "border-accent ring-1 ring-accent" : "border-line"}`}
    >
      <span className="flex min-h-6 w-full items-center justify-between gap-2">
        <span className="flex items-center gap-1.5 text-control font-medium text-ink-2">
          {t(`kpi.${kpi.key}`)}
          {reportedCounts ? <HatchMark label={t("chart.incomplete")} /> : null}
        </span>
        <Change
          kpi={kpi}
          value={change}
          title={
            before === null
              ? undefined
              : t("tile.before", { value: format.figure(before, kpi.unit, sums?.currency) })
          }
        />
      </span>
      {sums ? (
        <>
          <span
            className={`flex min-h-8 items-center gap-1.5 font-semibold tracking-tight ${sizeFor(show(source))}`}
          >
            {kpi.tracked === null ? null : <SourceMark source={source} />}
            <bdi>{show(source)}</bdi>
          </span>
          <span className="flex min-h-5 flex-wrap items-center gap-x-1.5 text-note text-ink-2">
            {other ? (
              <>
                <SourceMark source={other} />
                <bdi>{show(other)}</bdi> <span className="text-ink-3">{t(`source.${other}`)}</span>
              </>
            ) : (
              <span className="text-ink-3">{t("tile.reportedOnly")}</span>
            )}
          </span>
          <span className="mt-auto pt-1">
            <Spark tracked={values("tracked")} reported={values("reported")} width={130} />
          </span>
        </>
      ) : (
        <Waiting lines={2} />
      )}
    </button>
  );
}

/** Long amounts in smaller type, so that none is cut. */
function sizeFor(text: string): string {
  return text.length > 13 ? "text-[16px]" : text.length > 9 ? "text-[18px]" : "text-figure";
}

function ScoreTile({ score }: { score?: Schemas["EmqScores"] }) {
  const t = useTexts();
  const rows = [...(score?.platforms ?? [])].sort((a, b) => b.events - a.events);
  return (
    <Link
      to="/quality"
      search={(old: object) => carried(old as never) as never}
      className={`${SHAPE} border-line hover:border-edge`}
    >
      <span className="flex min-h-6 items-center text-control font-medium text-ink-2">
        {t("nav.quality")}
      </span>
      {score ? (
        <ul className="flex flex-col gap-1 pt-1">
          {rows.slice(0, 4).map(({ platform, score: value, band, reason, too_few }) => (
            <li
              key={platform}
              className="flex items-center justify-between gap-2 text-control"
              title={reason ?? undefined}
            >
              <span>{t(`platform.${platform}` as never)}</span>
              <Score score={value} band={band} reason={reason} too_few={too_few} />
            </li>
          ))}
          {rows.length === 0 ? <li className="text-control text-ink-3">{t("quality.none")}</li> : null}
        </ul>
      ) : (
        <Waiting lines={2} />
      )}
    </Link>
  );
}
