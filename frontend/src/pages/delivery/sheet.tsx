import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { type Destination, delivery, destinations } from "../../api/destinations";
import { useMay } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Ago } from "../../ui/ago";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Note, Panel } from "../../ui/panel";
import { PageTabs } from "../../ui/tabs";
import { tell } from "../../ui/toast";
import { adviceOf } from "./advice";
import { LaneBadge, ModeBadge } from "./badges";
import { DestinationForm } from "./form";
import { kindOf } from "./kinds";
import { DeadLetters } from "./letters";
import { ModeForm } from "./mode";
import { Replay } from "./replay";
import { Requests } from "./requests";
import { Telemetry } from "./telemetry";
import { Trial } from "./trial";

type Open = "trial" | "mode" | "change" | "replay" | "delete" | null;
type TabName = "telemetry" | "letters" | "requests";

/** One destination: what it takes, how it does, and what one can do about it. */
export function DestinationSheet({ row }: { row: Destination }) {
  const t = useTexts();
  const navigate = useNavigate();
  const mayWrite = useMay("integrations.write");
  const { tab = "telemetry" } = useSearch({ strict: false }) as { tab?: TabName };
  const kind = kindOf(row.platform);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Panel
        title={
          <span className="flex flex-wrap items-center gap-2">
            <bdi>{row.name}</bdi> <ModeBadge mode={row.mode} /> <LaneBadge state={row.state} />
          </span>
        }
        note={t(`deliveryModeHelp.${row.mode}`)}
        aside={
          mayWrite ? (
            <>
              {kind?.tests === "nowhere" ? null : (
                <Button onPress={() => setOpen("trial")}>{t("trial.title")}</Button>
              )}
              <Button onPress={() => setOpen("mode")}>{t("delivery.setMode")}</Button>
              <Button onPress={() => setOpen("change")}>{t("datasets.change")}</Button>
              {kind?.drops_copies ? (
                <Button onPress={() => setOpen("replay")}>{t("replay.title")}</Button>
              ) : null}
              <Button kind="danger" onPress={() => setOpen("delete")}>
                {t("action.remove")}
              </Button>
            </>
          ) : null
        }
      >
        <Facts row={row} />
        <Health row={row} onChange={mayWrite ? () => setOpen("change") : undefined} />
      </Panel>
      <PageTabs
        label={row.name}
        value={tab}
        onChange={(next) =>
          void navigate({
            to: ".",
            search: ((old: object) => ({ ...old, tab: next === "telemetry" ? undefined : next })) as never,
          })
        }
        tabs={[
          { key: "telemetry", label: t("delivery.telemetry"), content: () => <Telemetry row={row} /> },
          { key: "letters", label: t("delivery.letters"), content: () => <DeadLetters row={row} /> },
          { key: "requests", label: t("delivery.requests"), content: () => <Requests row={row} /> },
        ]}
      />
      <Dialog title={t("trial.title")} isOpen={open === "trial"} onClose={close}>
        <Trial row={row} onDone={close} />
      </Dialog>
      <Dialog title={t("delivery.setMode")} isOpen={open === "mode"} onClose={close}>
        <ModeForm row={row} onDone={close} />
      </Dialog>
      <Dialog title={row.name} isOpen={open === "change"} onClose={close}>
        <DestinationForm row={row} onDone={close} onCancel={close} />
      </Dialog>
      <Dialog title={t("replay.title")} isOpen={open === "replay"} onClose={close}>
        <Replay row={row} onDone={close} />
      </Dialog>
      <Dialog title={t("delivery.remove")} isOpen={open === "delete"} onClose={close}>
        <Remove row={row} onDone={close} />
      </Dialog>
    </>
  );
}

function Facts({ row }: { row: Destination }) {
  const t = useTexts();
  const format = useFormat();
  const facts = [
    [t("delivery.remote"), `${t(`platform.${row.platform}`)} ${row.remote_id}`],
    [t("delivery.dataset"), row.external_id],
    [t("delivery.events"), row.event_names ? format.list(row.event_names) : t("delivery.everyEvent")],
    [t("delivery.consent"), t(`consentPolicy.${row.consent}`)],
    [t("delivery.since"), format.instant(row.since)],
    [
      t("delivery.credentials"),
      row.credentials_set.length > 0 ? t("delivery.areSet") : t("delivery.areMissing"),
    ],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-3 text-control md:grid-cols-3 xl:grid-cols-6">
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-note text-ink-3">{name}</dt>
          <dd>
            <bdi className="whitespace-normal wrap-anywhere">{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What is wrong, in words, since when, and what mends it. */
function Health({ row, onChange }: { row: Destination; onChange?: () => void }) {
  const t = useTexts();
  const format = useFormat();
  const { data } = useQuery(delivery(row.id, "day"));
  const health = data?.health;
  if (!health || !row.state || row.state === "working") return null;
  const advice = adviceOf(row.platform, health.code);
  const isPassing = row.state === "throttled" || row.state === "failing";
  return (
    <Note kind={row.state === "throttled" ? "warn" : "bad"} className="mt-3">
      <p>
        {t(`laneHelp.${row.state}`, { platform: t(`platform.${row.platform}`) })}{" "}
        <span className="text-ink-2">
          {t("delivery.isSo")} <Ago at={health.since} />.
        </span>
      </p>
      {health.message ? (
        <p className="mt-1">
          <bdi>{health.code}</bdi> <bdi className="whitespace-normal">{health.message}</bdi>
        </p>
      ) : null}
      {advice && !isPassing ? <p className="mt-1">{t(advice)}</p> : null}
      {health.retry_at ? (
        <p className="mt-1 text-ink-2">{t("delivery.again", { at: format.instant(health.retry_at) })}</p>
      ) : null}
      {!isPassing && onChange ? (
        <Button className="mt-2" onPress={onChange}>
          {t(row.state === "needs_credentials" ? "delivery.renew" : "datasets.change")}
        </Button>
      ) : null}
    </Note>
  );
}

function Remove({ row, onDone }: { row: Destination; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const send = async () => {
    await answer(api.DELETE("/api/v1/destinations/{id}", { params: { path: { id: row.id } } }));
    tell(t("delivery.removed", { name: row.name }));
    onDone();
    await client.invalidateQueries({ queryKey: destinations().queryKey });
  };
  return (
    <Form action={t("delivery.remove")} send={send} onCancel={onDone} isDanger>
      <p>{t("delivery.removeHelp", { name: row.name })}</p>
    </Form>
  );
}
