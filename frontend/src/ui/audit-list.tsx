import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { users } from "../api/settings";
import { useMay } from "../app/me";
import { useFormat, useTexts } from "../app/texts";
import { Diff } from "./diff";
import { Badge } from "./panel";

/** What was done, by whom, and what it changed; refusals are in it too. */
export function AuditList({ rows }: { rows: Schemas["AuditItem"][] }) {
  const t = useTexts();
  const format = useFormat();
  const maySee = useMay("tenant.read");
  const known = useQuery({ ...users(), enabled: maySee });
  const nameOf = ({ kind, id }: Schemas["Party"]) => {
    const user = kind === "user" ? known.data?.find((one) => one.id === id) : undefined;
    return user?.full_name ?? `${kind} ${id ?? ""}`.trim();
  };
  return (
    <ol className="text-control">
      {rows.map((row) => (
        <li key={row.seq} className="border-t border-line py-2 first:border-0">
          <div className="flex flex-wrap items-baseline justify-between gap-x-4">
            <span>
              <code className="text-ink">
                <bdi>{row.action}</bdi>
              </code>{" "}
              {row.outcome === "done" ? null : (
                <Badge kind="warn">
                  <bdi>{row.outcome}</bdi>
                </Badge>
              )}{" "}
              <span className="text-ink-2">
                {t("audit.by", { actor: nameOf(row.actor) })} ·{" "}
                <bdi title={row.object.id ?? undefined}>{nameOf(row.object)}</bdi>
              </span>
            </span>
            <time dateTime={row.at} className="text-note text-ink-3">
              <bdi>{format.instant(row.at)}</bdi>
            </time>
          </div>
          <Diff changes={row.changes as Record<string, unknown>} />
        </li>
      ))}
    </ol>
  );
}
