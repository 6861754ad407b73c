import { useEffect, useState } from "react";
import type { Schemas } from "../../api/client";
import { askHealthDetail } from "../../api/open";
import { useFormat, useTexts } from "../../app/texts";
import { bytes } from "../../format/units";
import { Note, Panel } from "../../ui/panel";

const EVERY_MS = 5000;
/** Below this share of a disk one is warned. */
const FREE_MIN = 0.1;

type Detail = Schemas["HealthDetail"];

/** What admins are told of the process besides: its disk, what waits, and their organisation's jobs. */
export function ProcessDetail() {
  const [detail, setDetail] = useState<Detail | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    // Others may not see it, and a store that is away is told above: then nothing stands here.
    const ask = () =>
      askHealthDetail(stop.signal).then(setDetail, () => stop.signal.aborted || setDetail(null));
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  return detail ? <Sheets detail={detail} /> : null;
}

function Sheets({ detail: { process, jobs } }: { detail: Detail }) {
  const t = useTexts();
  const format = useFormat();
  const { disk, pipeline } = process;
  const size = (value: number) => bytes(value, format.locale);
  const isFull = disk ? disk.free_bytes < FREE_MIN * disk.total_bytes : false;
  const lost = pipeline ? pipeline.missing_records + pipeline.unreadable_records : 0;
  const facts: [string, string][] = [
    [t("process.roles"), format.list(process.roles.map((role) => t(`process.role.${role}`)))],
    [t("process.since"), format.instant(process.started_at)],
    [
      t("process.disk"),
      disk ? t("process.free", { free: size(disk.free_bytes), all: size(disk.total_bytes) }) : "–",
    ],
    [t("process.waiting"), pipeline ? format.number(pipeline.waiting_records) : "–"],
    [
      t("process.questions"),
      `${format.number(process.questions_running)} / ${format.number(process.questions_waiting)}`,
    ],
    [t("process.refused"), format.number(process.requests_shed + process.requests_limited)],
    [t("process.streams"), format.number(process.live_streams)],
    [t("process.restarts"), format.number(process.engine_restarts)],
  ];
  return (
    <>
      <Panel title={t("process.title")} note={t("process.note")}>
        {isFull ? (
          <Note kind="warn" className="mb-3">
            {t("process.full")}
          </Note>
        ) : null}
        {lost > 0 ? (
          <Note kind="bad" className="mb-3">
            {t("process.lost", { count: lost, shown: format.number(lost) })}
          </Note>
        ) : null}
        <Facts facts={facts} />
      </Panel>
      <Panel title={t("process.jobs")}>
        {jobs.length === 0 ? (
          <p className="text-control text-ink-2">{t("process.noJobs")}</p>
        ) : (
          <Facts
            facts={jobs.map(({ kind, queued, running, failed }) => [
              t(`jobKind.${kind}`),
              t("process.counts", {
                queued: format.number(queued),
                running: format.number(running),
                failed: format.number(failed),
              }),
            ])}
          />
        )}
      </Panel>
    </>
  );
}

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl className="grid gap-3 text-control sm:grid-cols-2">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-note text-ink-3">{name}</dt>
          <dd className="whitespace-normal">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
