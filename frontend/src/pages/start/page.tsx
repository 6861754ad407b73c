import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import { tenant } from "../../api/settings";
import { apiKeys, connectors, datasets } from "../../api/setup";
import { useTexts } from "../../app/texts";
import { platformText } from "../../figures/platform";
import { ButtonLink } from "../../ui/button";
import { Choose } from "../../ui/field";
import { NewDataset } from "../../ui/new-dataset";
import { Asked } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { KeyStep } from "./key-step";
import { Listening } from "./listening";
import { ZoneStep } from "./zone-step";

/** From nothing to the first event that is seen, in five steps that tick by themselves. */
export function StartPage() {
  const t = useTexts();
  const known = useQuery(datasets());
  const keys = useQuery(apiKeys());
  const own = useQuery(tenant());
  const connected = useQuery(connectors());
  const [chosen, setChosen] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [hasEvent, setEvent] = useState(false);
  const dataset = known.data?.find(({ id }) => id === chosen) ?? known.data?.[0] ?? null;
  const isZoneSet = own.data ? own.data.time_zone !== "UTC" || own.data.reporting_currency !== "USD" : false;
  const hasKey =
    Boolean(secret) || (keys.data?.some((key) => key.scope === "ingest" && !key.revoked_at) ?? false);
  return (
    <>
      <PageHead title={t("start.title")} />
      <p className="-mt-2 mb-4 max-w-prose text-ink-2">{t("start.lead")}</p>
      <ol className="flex max-w-4xl flex-col gap-3">
        <Step number={1} title={t("start.zone")} isDone={isZoneSet}>
          <Asked query={own} lines={3}>
            {(found) => <ZoneStep found={found} />}
          </Asked>
        </Step>
        <Step number={2} title={t("start.dataset")} isDone={Boolean(dataset)}>
          <Asked query={known} lines={2}>
            {(rows) => <DatasetStep rows={rows} dataset={dataset} onChoose={setChosen} />}
          </Asked>
        </Step>
        <Step number={3} title={t("start.key")} isDone={hasKey}>
          {dataset ? (
            <KeyStep dataset={dataset} secret={secret} onSecret={setSecret} />
          ) : (
            <p className="text-control text-ink-3">{t("start.datasetFirst")}</p>
          )}
        </Step>
        <Step number={4} title={t("start.listen")} isDone={hasEvent}>
          <Listening dataset={dataset} secret={secret} onEvent={() => setEvent(true)} />
        </Step>
        <Step number={5} title={t("start.reports")} isDone={(connected.data?.length ?? 0) > 0}>
          <p className="mb-3 text-control text-ink-2">{t("start.reportsHelp")}</p>
          <div className="flex flex-wrap gap-2">
            <ButtonLink to="/reports">{t("connectors.new")}</ButtonLink>
            <ButtonLink to="/reports" search={{ tab: "file" } as never}>
              {t("import.title")}
            </ButtonLink>
          </div>
        </Step>
      </ol>
    </>
  );
}

function Step({
  number,
  title,
  isDone,
  children,
}: {
  number: number;
  title: string;
  isDone: boolean;
  children: ReactNode;
}) {
  const t = useTexts();
  const Icon = isDone ? CircleCheck : CircleDashed;
  return (
    <li className="rounded-lg border border-line bg-surface p-4">
      <h2 className="mb-2 flex items-center gap-2 text-head font-semibold">
        <Icon size={18} className={isDone ? "text-good" : "text-ink-3"} aria-hidden />
        {t("start.step", { number, title })}
        {isDone ? <span className="sr-only">{t("start.done")}</span> : null}
      </h2>
      <div className="ps-6.5">{children}</div>
    </li>
  );
}

function DatasetStep({
  rows,
  dataset,
  onChoose,
}: {
  rows: Schemas["DatasetItem"][];
  dataset: Schemas["DatasetItem"] | null;
  onChoose: (id: string) => void;
}) {
  const t = useTexts();
  return (
    <div className="flex flex-col gap-4">
      {dataset ? (
        <Choose
          label={t("events.dataset")}
          value={dataset.id}
          options={rows.map((row) => ({
            key: row.id,
            label: row.name.includes(row.external_id)
              ? `${row.name} · ${t(platformText(row.platform, row.external_id))}`
              : `${row.name} · ${t(platformText(row.platform, row.external_id))} ${row.external_id}`,
          }))}
          onChange={onChoose}
          className="max-w-md"
        />
      ) : null}
      <details open={!dataset}>
        <summary className="cursor-pointer text-control font-medium text-ink-2">{t("datasets.new")}</summary>
        <div className="mt-3 max-w-md">
          <NewDataset onDone={(made) => onChoose(made.id)} />
        </div>
      </details>
    </div>
  );
}
