import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, dataOf, type Schemas } from "../../api/client";
import { exportJobs } from "../../api/exports";
import { SELDOM_MS } from "../../api/queries";
import { useView } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { bytes } from "../../format/units";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Asked, Badge, Empty, ErrorNote, Panel } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { useAct } from "../../ui/use-act";
import { NewExport } from "./new-export";
import { Schedules } from "./schedules";

type Job = Schemas["ExportItem"];

const KINDS = {
  queued: "plain",
  running: "accent",
  done: "good",
  failed: "bad",
  cancelled: "plain",
  expired: "plain",
} as const;

/** Data in bulk, as files. */
export function ExportsPage() {
  const t = useTexts();
  const view = useView();
  const query = useQuery({
    ...exportJobs(),
    refetchInterval: ({ state }) =>
      state.data?.some((job) => job.state === "queued" || job.state === "running") ? SELDOM_MS : false,
  });
  return (
    <>
      <PageHead title={t("nav.exports")} view={view} parts={[]} />
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
        <Panel title={t("exports.new")} note={t("exports.note")}>
          <NewExport view={view} />
        </Panel>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title={t("exports.jobs")}>
            <Asked query={query}>
              {(rows) => (rows.length === 0 ? <Empty title={t("exports.none")} /> : <Jobs rows={rows} />)}
            </Asked>
          </Panel>
          <Schedules />
        </div>
      </div>
    </>
  );
}

function Jobs({ rows }: { rows: Job[] }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <DataTable
      label={t("exports.jobs")}
      rows={rows}
      keyOf={(job) => job.id}
      columns={[
        {
          key: "what",
          label: t("exports.what"),
          cell: (job) => (
            <>
              {t(`exportType.${job.type}` as never)}{" "}
              <span className="text-ink-3">{job.format.toUpperCase()}</span>
              <span className="block text-note font-normal text-ink-3">
                <bdi>{format.days(job.date_from, job.date_to)}</bdi>
                {job.platforms.length > 0
                  ? ` · ${job.platforms.map((name) => t(`platform.${name}` as never)).join(", ")}`
                  : ""}
              </span>
            </>
          ),
        },
        { key: "state", label: t("runs.state"), cell: (job) => <State job={job} /> },
        {
          key: "size",
          label: t("exports.size"),
          isEnd: true,
          hide: "sm",
          cell: (job) => (
            <>
              <bdi>{bytes(job.bytes, format.locale)}</bdi>
              <span className="block text-note text-ink-3">
                {t("import.rows", { count: job.rows, shown: format.number(job.rows) })}
              </span>
            </>
          ),
        },
        {
          key: "made",
          label: t("exports.made"),
          hide: "md",
          cell: (job) => (
            <>
              <Ago at={job.created_at} />
              {job.state === "done" && job.expires_at ? (
                <span className="block text-note text-ink-3">
                  {t("exports.until", { at: format.instant(job.expires_at) })}
                </span>
              ) : null}
            </>
          ),
        },
        { key: "act", label: "", isEnd: true, cell: (job) => <Actions job={job} /> },
      ]}
    />
  );
}

function State({ job }: { job: Job }) {
  const t = useTexts();
  const format = useFormat();
  return (
    <>
      <Badge kind={KINDS[job.state]}>{t(`job.${job.state}`)}</Badge>
      {job.state === "running" ? (
        <span className="mt-1 block">
          <progress
            value={job.progress}
            max={1}
            aria-label={t("exports.progress")}
            className="h-1.5 w-24 accent-accent"
          />{" "}
          <bdi className="text-note">{format.percent(job.progress * 100, 0)}</bdi>
        </span>
      ) : null}
      {job.error ? <span className="block text-note text-bad">{job.error}</span> : null}
      {job.sha256 ? (
        <code className="block max-w-40 truncate text-note text-ink-3" title={`SHA-256 ${job.sha256}`}>
          {job.sha256}
        </code>
      ) : null}
    </>
  );
}

function Actions({ job }: { job: Job }) {
  const t = useTexts();
  const client = useQueryClient();
  const { act, error, isBusy } = useAct();
  // The browser saves it by itself, however large: the link opens once and needs no token.
  const fetchFile = async () => {
    const params = { path: { id: job.id } };
    const { url } = await dataOf(api.POST("/api/v1/analytics/export/{id}/link", { params }));
    const link = document.createElement("a");
    link.href = url;
    link.download = job.file_name;
    link.click();
  };
  const remove = async () => {
    await answer(api.DELETE("/api/v1/analytics/export/{id}", { params: { path: { id: job.id } } }));
    await client.invalidateQueries({ queryKey: exportJobs().queryKey });
  };
  return (
    <div className="flex flex-col items-end gap-2">
      <div className="flex gap-2">
        {job.state === "done" ? (
          <Button isPending={isBusy} onPress={() => act(fetchFile)}>
            {t("exports.download")}
          </Button>
        ) : null}
        <Button kind="quiet" isDisabled={isBusy} onPress={() => act(remove)}>
          {t(job.state === "queued" || job.state === "running" ? "action.cancel" : "action.remove")}
        </Button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </div>
  );
}
