import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useState } from "react";
import { api, dataOf, type Schemas } from "../../api/client";
import { exportEstimate, exportJobs } from "../../api/exports";
import { PLATFORMS, type Platform } from "../../api/platforms";
import type { View } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { Choose } from "../../ui/field";
import { Form } from "../../ui/form";
import { IconButton } from "../../ui/icon-button";
import { Field } from "../../ui/text-field";
import { Tick } from "../../ui/tick";
import { tell } from "../../ui/toast";
import { type ExportType, TYPES, useColumns } from "./columns";

type Body = Schemas["ExportBody"];

const FORMATS = ["csv", "parquet", "ndjson"] as const;
const REPEATS = ["once", "daily", "weekly", "monthly"] as const;
const PACKINGS = ["none", "gzip", "zstd"] as const;

/** What is wanted, in which form, with which columns in which order. */
export function NewExport({ view }: { view: View }) {
  const t = useTexts();
  const texts = useFormat();
  const client = useQueryClient();
  const [type, setType] = useState<ExportType>("campaign_metrics");
  const [format, setFormat] = useState<Body["format"]>("csv");
  const [compression, setCompression] = useState<NonNullable<Body["compression"]>>("none");
  const [platforms, setPlatforms] = useState<Platform[]>([]);
  const [chosen, setColumns] = useState<string[]>([]);
  const [repeat, setRepeat] = useState<(typeof REPEATS)[number]>("once");
  const [name, setName] = useState("");
  const all = useColumns(type, repeat !== "once");
  const columns = chosen.filter((one) => all.includes(one));
  const body: Body = {
    type,
    format,
    date_from: view.period.from,
    date_to: view.period.to,
    platforms,
    columns,
    ...(format === "parquet" ? {} : { compression }),
  };
  const estimate = useQuery(exportEstimate(body));
  const send = async () => {
    if (repeat === "once") await dataOf(api.POST("/api/v1/analytics/export", { body }));
    else {
      const { date_from, date_to, ...what } = body;
      const schedule = { ...what, name, repeat };
      await dataOf(api.POST("/api/v1/analytics/export/schedules", { body: schedule }));
      setName("");
    }
    await client.invalidateQueries({ queryKey: exportJobs().queryKey });
    tell(t(repeat === "once" ? "exports.asked" : "schedules.saved"));
  };
  const toggle = (platform: Platform, isIn: boolean) =>
    setPlatforms((old) => (isIn ? [...old, platform] : old.filter((one) => one !== platform)));
  return (
    <Form
      action={t(repeat === "once" ? "exports.create" : "schedules.save")}
      send={send}
      isDisabled={repeat !== "once" && name.trim() === ""}
    >
      <Choose
        label={t("exports.what")}
        value={type}
        options={TYPES.map((key) => ({ key, label: t(`exportType.${key}`) }))}
        onChange={(next) => {
          setType(next);
          setColumns([]);
        }}
      />
      <Choose
        label={t("schedules.repeat")}
        value={repeat}
        options={REPEATS.map((key) => ({ key, label: t(`repeat.${key}`) }))}
        onChange={setRepeat}
      />
      {repeat === "once" ? (
        <p className="text-control text-ink-2">
          {t("exports.days")} <bdi>{texts.days(view.period.from, view.period.to)}</bdi>
        </p>
      ) : (
        <Field name="name" label={t("field.name")} value={name} onChange={setName} />
      )}
      <div className="flex flex-wrap gap-3">
        <Choose
          label={t("exports.format")}
          value={format}
          options={FORMATS.map((key) => ({ key, label: key.toUpperCase() }))}
          onChange={setFormat}
        />
        {format === "parquet" ? null : (
          <Choose
            label={t("exports.packing")}
            value={compression}
            options={PACKINGS.map((key) => ({ key, label: t(`packing.${key}`) }))}
            onChange={setCompression}
          />
        )}
      </div>
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1">
        <legend className="mb-1 text-control font-medium text-ink-2">{t("exports.platforms")}</legend>
        {PLATFORMS.map((platform) => (
          <Tick
            key={platform}
            isSelected={platforms.includes(platform)}
            onChange={(isIn) => toggle(platform, isIn)}
          >
            {t(`platform.${platform}`)}
          </Tick>
        ))}
      </fieldset>
      {estimate.data && repeat === "once" ? (
        <p className="text-control text-ink-2" role="status">
          {t("exports.estimate", { count: estimate.data.rows, shown: texts.number(estimate.data.rows) })}
        </p>
      ) : null}
      <ColumnChoice all={all} chosen={columns} onChange={setColumns} />
    </Form>
  );
}

function ColumnChoice({
  all,
  chosen,
  onChange,
}: {
  all: readonly string[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const t = useTexts();
  const move = (at: number, by: -1 | 1) => {
    const next = [...chosen];
    const [column] = next.splice(at, 1);
    if (column) next.splice(at + by, 0, column);
    onChange(next);
  };
  return (
    <details>
      <summary className="cursor-pointer text-control font-medium text-ink-2">
        {chosen.length > 0 ? t("exports.columnsChosen", { count: chosen.length }) : t("exports.columnsAll")}
      </summary>
      <ol className="mt-2 flex flex-col">
        {[...chosen, ...all.filter((column) => !chosen.includes(column))].map((column) => {
          const at = chosen.indexOf(column);
          return (
            <li key={column} className="flex min-h-8 items-center justify-between border-t border-line">
              <Tick
                isSelected={at >= 0}
                onChange={(isIn) =>
                  onChange(isIn ? [...chosen, column] : chosen.filter((one) => one !== column))
                }
              >
                <code>
                  <bdi>{column}</bdi>
                </code>
              </Tick>
              {at >= 0 ? (
                <span>
                  <IconButton
                    label={t("exports.up", { column })}
                    isDisabled={at === 0}
                    onPress={() => move(at, -1)}
                  >
                    <ArrowUp size={14} />
                  </IconButton>
                  <IconButton
                    label={t("exports.down", { column })}
                    isDisabled={at === chosen.length - 1}
                    onPress={() => move(at, 1)}
                  >
                    <ArrowDown size={14} />
                  </IconButton>
                </span>
              ) : null}
            </li>
          );
        })}
      </ol>
    </details>
  );
}
