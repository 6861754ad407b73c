import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { audit } from "../../api/queries";
import { useFormat, useTexts } from "../../app/texts";
import { AuditList } from "../../ui/audit-list";
import { Button } from "../../ui/button";
import { Choose } from "../../ui/field";
import { Asked, Empty, Panel } from "../../ui/panel";
import { Field } from "../../ui/text-field";

interface AuditSearch {
  page?: number;
  action?: string;
  outcome?: string;
}

/** Who did what; refusals are in it, and each row is chained to the one before it. */
export function Audit() {
  const t = useTexts();
  const format = useFormat();
  const navigate = useNavigate();
  const { page = 1, action, outcome } = useSearch({ strict: false }) as AuditSearch;
  const [typed, setTyped] = useState(action ?? "");
  const query = useQuery(audit({ page, ...(action ? { action } : {}), ...(outcome ? { outcome } : {}) }));
  const go = (next: AuditSearch) =>
    void navigate({ to: ".", search: ((old: object) => ({ ...old, page: undefined, ...next })) as never });
  return (
    <Panel title={t("settings.audit")} note={t("audit.note")}>
      <form
        className="mb-3 flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          go({ action: typed.trim() || undefined });
        }}
      >
        <Field label={t("audit.action")} placeholder="user.signed_in" value={typed} onChange={setTyped} ltr />
        <Choose
          label={t("audit.outcome")}
          value={outcome ?? "all"}
          options={[
            { key: "all", label: t("audit.all") },
            { key: "done", label: t("audit.done") },
            { key: "refused", label: t("audit.refused") },
          ]}
          onChange={(key) => go({ outcome: key === "all" ? undefined : key })}
        />
        <Button type="submit" isDisabled={typed.trim() === (action ?? "")}>
          {t("audit.filter")}
        </Button>
      </form>
      <Asked query={query} lines={10}>
        {({ data, pagination }) =>
          data.length === 0 ? (
            <Empty title={t("changes.none")} />
          ) : (
            <>
              <AuditList rows={data} />
              {pagination ? (
                <div className="mt-3 flex items-center justify-between">
                  <Button isDisabled={page <= 1} onPress={() => go({ page: page - 1 })}>
                    {t("paging.before")}
                  </Button>
                  <bdi className="text-note text-ink-3">
                    {format.number(page)} / {format.number(pagination.total_pages)}
                  </bdi>
                  <Button isDisabled={page >= pagination.total_pages} onPress={() => go({ page: page + 1 })}>
                    {t("paging.after")}
                  </Button>
                </div>
              ) : null}
            </>
          )
        }
      </Asked>
    </Panel>
  );
}
