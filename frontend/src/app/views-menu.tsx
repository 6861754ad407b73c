import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Bookmark, Trash2 } from "lucide-react";
import { useState } from "react";
import { answer, api } from "../api/client";
import { views } from "../api/queries";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Form } from "../ui/form";
import { IconButton } from "../ui/icon-button";
import { Asked, Badge, Empty, ErrorNote } from "../ui/panel";
import { Field } from "../ui/text-field";
import { Tick } from "../ui/tick";
import { tell } from "../ui/toast";
import { useAct } from "../ui/use-act";
import { useMay } from "./me";
import { useTexts } from "./texts";

/** Addresses of the page under a name: one's own, and those that others share. */
export default function ViewsDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayManage = useMay("tenant.write");
  const path = useRouterState({ select: (state) => state.location.href });
  const query = useQuery(views());
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const { act, error, isBusy } = useAct();
  const renew = () => client.invalidateQueries({ queryKey: ["views"] });
  const save = async () => {
    await answer(api.POST("/api/v1/views", { body: { name, path, is_shared: isShared } }));
    await renew();
    tell(t("views.saved", { name }));
    setName("");
  };
  const remove = async (id: string) => {
    await answer(api.DELETE("/api/v1/views/{id}", { params: { path: { id } } }));
    await renew();
  };
  return (
    <Dialog title={t("views.title")} isOpen onClose={onClose}>
      <div className="flex flex-col gap-4">
        <Form action={t("views.save")} send={save} isDisabled={name.trim() === ""}>
          <Field name="name" label={t("views.name")} help={t("views.help")} value={name} onChange={setName} />
          <Tick isSelected={isShared} onChange={setShared}>
            {t("views.share")}
          </Tick>
        </Form>
        {error ? <ErrorNote error={error} /> : null}
        <Asked query={query} lines={3}>
          {(found) =>
            found.length === 0 ? (
              <Empty title={t("views.none")} />
            ) : (
              <ul className="text-control">
                {found.map((view) => (
                  <li
                    key={view.id}
                    className="flex items-center justify-between gap-2 border-t border-line py-1 first:border-0"
                  >
                    <Button
                      kind="quiet"
                      className="min-w-0 flex-1 !justify-start"
                      onPress={() => {
                        void navigate({ href: view.path } as never);
                        onClose();
                      }}
                    >
                      <Bookmark size={14} aria-hidden className="shrink-0" />
                      <bdi className="truncate">{view.name}</bdi>
                      {view.is_shared ? <Badge>{t("views.shared")}</Badge> : null}
                    </Button>
                    {view.is_own || (view.is_shared && mayManage) ? (
                      <IconButton
                        label={t("views.delete", { name: view.name })}
                        isDisabled={isBusy}
                        onPress={() => act(() => remove(view.id))}
                      >
                        <Trash2 size={14} />
                      </IconButton>
                    ) : null}
                  </li>
                ))}
              </ul>
            )
          }
        </Asked>
      </div>
    </Dialog>
  );
}
