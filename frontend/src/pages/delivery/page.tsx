import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { type Destination, destinations } from "../../api/destinations";
import { useMay } from "../../app/me";
import { useTexts } from "../../app/texts";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Asked, Empty, Panel } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { DestinationForm } from "./form";
import { DestinationList } from "./list";
import { DestinationSheet } from "./sheet";

/** Where events are handed on to, and how that goes. */
export function DeliveryPage() {
  const t = useTexts();
  const navigate = useNavigate();
  const mayWrite = useMay("integrations.write");
  const { at } = useSearch({ strict: false }) as { at?: string };
  const query = useQuery(destinations());
  const [isMaking, setMaking] = useState(false);
  const show = (made: Destination) => {
    setMaking(false);
    void navigate({ to: ".", search: ((old: object) => ({ ...old, at: made.id, tab: undefined })) as never });
  };
  const create = mayWrite ? (
    <Button kind="primary" onPress={() => setMaking(true)}>
      {t("delivery.new")}
    </Button>
  ) : null;
  return (
    <>
      <PageHead title={t("nav.delivery")}>{query.data?.length === 0 ? null : create}</PageHead>
      <Asked query={query} lines={10}>
        {(rows) => {
          const chosen = rows.find(({ id }) => id === at) ?? rows[0];
          return chosen ? (
            <div className="flex flex-col gap-4">
              <DestinationList rows={rows} chosen={chosen.id} />
              <DestinationSheet key={chosen.id} row={chosen} />
            </div>
          ) : (
            <Panel title={t("delivery.title")}>
              <Empty title={t("delivery.none")}>
                <p className="mb-3">{t("delivery.noneHelp")}</p>
                {create}
              </Empty>
            </Panel>
          );
        }}
      </Asked>
      <Dialog title={t("delivery.new")} isOpen={isMaking} onClose={() => setMaking(false)}>
        <DestinationForm onDone={show} onCancel={() => setMaking(false)} />
      </Dialog>
    </>
  );
}
