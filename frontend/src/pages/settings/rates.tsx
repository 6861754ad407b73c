import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, dataOf } from "../../api/client";
import { kpis } from "../../api/queries";
import { rates } from "../../api/settings";
import { useMay, useMe } from "../../app/me";
import { useView } from "../../app/search";
import { useFormat, useTexts } from "../../app/texts";
import { missingDays } from "../../figures/attention";
import { parseRates } from "../../figures/rates";
import { Button } from "../../ui/button";
import { CarriedRates } from "../../ui/carried-rates";
import { DataTable } from "../../ui/data-table";
import { Form } from "../../ui/form";
import { Asked, Empty, ErrorNote, Note, Panel } from "../../ui/panel";
import { PeriodPicker } from "../../ui/period-picker";
import { Field } from "../../ui/text-field";
import { tell } from "../../ui/toast";
import { useAct } from "../../ui/use-act";

/** Exchange rates of the tenant: what is missing, on top; a sheet can be pasted. */
export function Rates() {
  const t = useTexts();
  const format = useFormat();
  const view = useView();
  const { tenant } = useMe();
  const mayWrite = useMay("tenant.write");
  const query = useQuery(rates({ date_from: view.period.from, date_to: view.period.to }));
  const sums = useQuery(kpis(view.asked));
  const missing = sums.data?.missing_rates ?? [];
  const client = useQueryClient();
  const { act, error } = useAct();
  const remove = async (date: string, currency: string) => {
    const params = { path: { date, currency } };
    await answer(api.DELETE("/api/v1/fx-rates/{date}/{currency}", { params }));
    await client.invalidateQueries();
    tell(t("rates.deleted"));
  };
  return (
    <div className="flex flex-col gap-4">
      {[...missingDays(missing)].map(([currency, days]) => (
        <Note key={currency} kind="bad">
          {t("concern.rate", { currency, days })}{" "}
          {format.list(
            missing
              .filter((one) => one.currency === currency && one.date_from && one.date_to)
              .map((one) => format.days(one.date_from ?? "", one.date_to ?? "")),
          )}
        </Note>
      ))}
      <CarriedRates rates={sums.data?.rates_carried ?? []} />
      {mayWrite ? (
        <Panel title={t("rates.enter")} note={t("rates.enterNote")}>
          <Enter />
        </Panel>
      ) : null}
      <Panel
        title={t("settings.rates")}
        note={t("rates.note")}
        aside={<PeriodPicker view={view} zone={tenant.time_zone} />}
      >
        {error ? <ErrorNote error={error} /> : null}
        <Asked query={query}>
          {({ data, pagination }) =>
            data.length === 0 ? (
              <Empty title={t("rates.none")} />
            ) : (
              <>
                <DataTable
                  label={t("settings.rates")}
                  rows={data}
                  keyOf={(one) => one.date + one.currency}
                  columns={[
                    {
                      key: "date",
                      label: t("rates.day"),
                      cell: (one) => <bdi>{format.day(one.date, "long")}</bdi>,
                    },
                    {
                      key: "currency",
                      label: t("settings.currency"),
                      cell: (one) => <bdi>{one.currency}</bdi>,
                    },
                    {
                      key: "rate",
                      label: t("rates.perUsd"),
                      isEnd: true,
                      cell: (one) => <bdi>{format.number(one.per_usd, 6)}</bdi>,
                    },
                    {
                      key: "act",
                      label: "",
                      isEnd: true,
                      cell: (one) =>
                        mayWrite && one.source === "own" ? (
                          <Button
                            kind="quiet"
                            aria-label={t("rates.delete", {
                              day: format.day(one.date),
                              currency: one.currency,
                            })}
                            onPress={() => act(() => remove(one.date, one.currency))}
                          >
                            {t("note.delete")}
                          </Button>
                        ) : one.source === "own" ? null : (
                          <span className="text-note text-ink-3">{t("rates.bank")}</span>
                        ),
                    },
                  ]}
                />
                {pagination && pagination.total > data.length ? (
                  <p className="mt-2 text-note text-ink-3">
                    {t("rates.more", {
                      shown: format.number(data.length),
                      total: format.number(pagination.total),
                    })}
                  </p>
                ) : null}
              </>
            )
          }
        </Asked>
      </Panel>
    </div>
  );
}

function Enter() {
  const t = useTexts();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const { rates: found, faults } = parseRates(text);
  const send = async () => {
    const { written } = await dataOf(api.PUT("/api/v1/fx-rates", { body: { rates: found } }));
    await client.invalidateQueries();
    tell(t("rates.written", { count: written }));
    setText("");
  };
  return (
    <Form action={t("rates.save", { count: found.length })} send={send} isDisabled={found.length === 0}>
      <Field
        name="rates"
        label={t("rates.lines")}
        value={text}
        onChange={setText}
        lines={5}
        placeholder={"2026-11-27 EUR 0.9213\n2026-11-27 EGP 48.12"}
        isRequired
        ltr
      />
      {faults.length > 0 ? (
        <Note kind="warn">{t("rates.faults", { lines: faults.slice(0, 5).join(", ") })}</Note>
      ) : null}
    </Form>
  );
}
