import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { DropZone, type FileDropItem, FileTrigger } from "react-aria-components";
import type { Schemas } from "../../api/client";
import { Refused } from "../../api/errors";
import { PLATFORMS, type Platform } from "../../api/platforms";
import { raw } from "../../api/send";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { Choose } from "../../ui/field";
import { ErrorNote, Note, Panel, Waiting } from "../../ui/panel";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";
import { ImportReport } from "./import-report";
import { PastImports } from "./past-imports";

type Report = Schemas["ImportReport"];

/** How the file is to be read, where the file itself does not tell. */
export interface Reading {
  platform: Platform | "own";
  account_id: string;
  currency: string;
  date_format: "found" | "YMD" | "DMY" | "MDY";
  decimal: "found" | "point" | "comma";
  mapping: Record<string, string | null>;
}

const OWN: Reading = {
  platform: "own",
  account_id: "",
  currency: "",
  date_format: "found",
  decimal: "found",
  mapping: {},
};

async function send(file: File, reading: Reading, dry: boolean, skip: boolean): Promise<Report> {
  const query = new URLSearchParams({ dry_run: String(dry) });
  if (skip) query.set("skip_faulty", "true");
  if (reading.platform !== "own") query.set("platform", reading.platform);
  if (reading.account_id) query.set("account_id", reading.account_id);
  if (reading.currency) query.set("currency", reading.currency);
  if (reading.date_format !== "found") query.set("date_format", reading.date_format);
  if (reading.decimal !== "found") query.set("decimal", reading.decimal);
  if (Object.keys(reading.mapping).length > 0) query.set("mapping", JSON.stringify(reading.mapping));
  const response = await raw(`/api/v1/imports/ad-reports?${query}`, {
    method: "POST",
    body: file,
    headers: {
      "content-type": file.name.endsWith(".parquet") ? "application/vnd.apache.parquet" : "text/csv",
    },
  });
  return ((await response.json()) as { data: Report }).data;
}

/** A file is looked at first; it counts when one says so. */
export function FileImport() {
  const t = useTexts();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [reading, setReading] = useState<Reading>(OWN);
  const look = useMutation({
    mutationFn: ({ chosen, how }: { chosen: File; how: Reading }) => send(chosen, how, true, false),
  });
  const take = useMutation({
    mutationFn: ({ chosen, skip }: { chosen: File; skip: boolean }) => send(chosen, reading, false, skip),
    onSuccess: (report) => {
      tell(t("import.taken", { days: report.taken?.days ?? 0 }));
      void client.invalidateQueries();
    },
  });
  const choose = (chosen: File | null | undefined) => {
    if (!chosen) return;
    setFile(chosen);
    take.reset();
    look.mutate({ chosen, how: reading });
  };
  const change = (next: Partial<Reading>) => {
    const how = { ...reading, ...next };
    setReading(how);
    take.reset();
    if (file) look.mutate({ chosen: file, how });
  };
  return (
    <div className="flex flex-col gap-4">
      <Panel title={t("import.title")} note={t("import.note")}>
        <DropZone
          aria-label={t("import.drop")}
          getDropOperation={() => "copy"}
          onDrop={(event) => {
            const item = event.items.find((one): one is FileDropItem => one.kind === "file");
            void item?.getFile().then(choose);
          }}
          className="flex flex-col items-center gap-2 rounded-lg border-2 border-dashed border-edge/60 p-8 text-center data-[drop-target]:border-accent data-[drop-target]:bg-accent-soft"
        >
          <FileUp size={24} className="text-ink-3" aria-hidden />
          <p>{file ? <bdi className="font-medium">{file.name}</bdi> : t("import.drop")}</p>
          <FileTrigger
            acceptedFileTypes={[".csv", ".tsv", ".txt", ".parquet"]}
            onSelect={(files) => choose(files?.[0])}
          >
            <Button>{t(file ? "import.other" : "import.choose")}</Button>
          </FileTrigger>
        </DropZone>
        <Questions reading={reading} onChange={change} />
      </Panel>
      {look.isPending ? <Waiting lines={6} /> : null}
      {look.error && !look.isPending ? (
        asksDecimal(look.error) ? (
          <DecimalQuestion onChoose={(decimal) => change({ decimal })} />
        ) : (
          <ErrorNote error={look.error} />
        )
      ) : null}
      {look.data && !look.isPending && !look.error ? (
        <ImportReport
          report={take.data ?? look.data}
          mapping={reading.mapping}
          onMap={(column, field) => change({ mapping: { ...reading.mapping, [column]: field } })}
          isTaking={take.isPending}
          onTake={(skip) => file && take.mutate({ chosen: file, skip })}
        />
      ) : null}
      {take.error ? <ErrorNote error={take.error} /> : null}
      {take.data?.taken ? <Note kind="good">{t("import.taken", { days: take.data.taken.days })}</Note> : null}
      <PastImports />
    </div>
  );
}

/** True where the numbers of the file can be read in two ways. */
function asksDecimal(error: unknown): boolean {
  return error instanceof Refused && error.details.some(({ field }) => field === "decimal");
}

function DecimalQuestion({ onChoose }: { onChoose: (decimal: "point" | "comma") => void }) {
  const t = useTexts();
  return (
    <Note kind="warn">
      <p className="font-medium">{t("import.decimalAsk")}</p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onPress={() => onChoose("comma")}>{t("import.decimalComma")}</Button>
        <Button onPress={() => onChoose("point")}>{t("import.decimalPoint")}</Button>
      </div>
    </Note>
  );
}

function Questions({ reading, onChange }: { reading: Reading; onChange: (next: Partial<Reading>) => void }) {
  const t = useTexts();
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-control font-medium text-ink-2">{t("import.how")}</summary>
      <div className="mt-3 flex flex-wrap items-start gap-3">
        <Choose
          label={t("platform.label")}
          value={reading.platform}
          options={[
            { key: "own" as const, label: t("import.byFile") },
            ...PLATFORMS.map((key) => ({ key, label: t(`platform.${key}`) })),
          ]}
          onChange={(platform) => onChange({ platform })}
        />
        <Field
          label={t("import.account")}
          defaultValue={reading.account_id}
          onBlur={(event) => onChange({ account_id: (event.target as HTMLInputElement).value.trim() })}
          ltr
        />
        <Field
          label={t("settings.currency")}
          placeholder="EUR"
          defaultValue={reading.currency}
          onBlur={(event) =>
            onChange({ currency: (event.target as HTMLInputElement).value.trim().toUpperCase() })
          }
          ltr
        />
        <Choose
          label={t("import.dates")}
          value={reading.date_format}
          options={[
            { key: "found" as const, label: t("import.found") },
            { key: "YMD" as const, label: "2026-11-27" },
            { key: "DMY" as const, label: "27.11.2026" },
            { key: "MDY" as const, label: "11/27/2026" },
          ]}
          onChange={(date_format) => onChange({ date_format })}
        />
        <Choose
          label={t("import.decimal")}
          value={reading.decimal}
          options={[
            { key: "found" as const, label: t("import.found") },
            { key: "point" as const, label: "1,234.50" },
            { key: "comma" as const, label: "1.234,50" },
          ]}
          onChange={(decimal) => onChange({ decimal })}
        />
      </div>
    </details>
  );
}
