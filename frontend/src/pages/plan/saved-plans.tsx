import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { savedPlans } from "../../api/planning";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { DataTable } from "../../ui/data-table";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Asked, Empty, Panel } from "../../ui/panel";
import { PlanOutcome } from "./plan-outcome";
import { RevenueRange } from "./revenue-range";

type Plan = Schemas["PlanItem"];

/** The plans that were saved, and how each turned out. */
export function SavedPlans() {
  const t = useTexts();
  const format = useFormat();
  const mayDelete = useMay("predictions.run");
  const query = useQuery(savedPlans());
  const [open, setOpen] = useState<Plan | null>(null);
  const [ended, setEnded] = useState<Plan | null>(null);
  return (
    <Panel title={t("plan.saved")} note={t("saved.note")}>
      <Asked query={query} lines={6}>
        {(plans) =>
          plans.length === 0 ? (
            <Empty title={t("saved.none")}>{t("saved.noneHelp")}</Empty>
          ) : (
            <DataTable
              label={t("plan.saved")}
              rows={plans}
              keyOf={(one) => one.id}
              columns={[
                {
                  key: "name",
                  label: t("field.name"),
                  cell: (one) => (
                    <>
                      <bdi className="whitespace-normal">{one.name}</bdi>
                      <span className="block text-note font-normal text-ink-3">
                        <bdi>
                          {format.day(one.date_from)} – {format.day(one.date_to)}
                        </bdi>
                      </span>
                    </>
                  ),
                },
                {
                  key: "spend",
                  label: t("forecast.spend"),
                  isEnd: true,
                  cell: (one) => <bdi>{format.money(one.budget, one.currency)}</bdi>,
                },
                {
                  key: "revenue",
                  label: t("forecast.revenue"),
                  isEnd: true,
                  cell: (one) => <RevenueRange revenue={one.expected} currency={one.currency} />,
                },
                {
                  key: "without",
                  label: t("saved.without"),
                  isEnd: true,
                  hide: "md",
                  cell: (one) => <RevenueRange revenue={one.expected_without} currency={one.currency} />,
                },
                {
                  key: "act",
                  label: "",
                  isEnd: true,
                  cell: (one) => (
                    <span className="inline-flex gap-2">
                      <Button onPress={() => setOpen(one)}>{t("saved.compare")}</Button>
                      {mayDelete ? <Button onPress={() => setEnded(one)}>{t("action.remove")}</Button> : null}
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
      <Dialog title={open?.name ?? ""} isOpen={open !== null} onClose={() => setOpen(null)} isWide>
        {open ? <PlanOutcome id={open.id} /> : null}
      </Dialog>
      <Dialog title={t("saved.delete")} isOpen={ended !== null} onClose={() => setEnded(null)}>
        {ended ? <DeletePlan plan={ended} onDone={() => setEnded(null)} /> : null}
      </Dialog>
    </Panel>
  );
}

function DeletePlan({ plan, onDone }: { plan: Plan; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const send = async () => {
    await answer(api.DELETE("/api/v1/plans/{id}", { params: { path: { id: plan.id } } }));
    await client.invalidateQueries({ queryKey: savedPlans().queryKey });
    onDone();
  };
  return (
    <Form action={t("saved.delete")} send={send} onCancel={onDone} isDanger>
      <p>{t("saved.deleteHelp", { name: plan.name })}</p>
    </Form>
  );
}
