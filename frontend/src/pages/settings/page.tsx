import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Permission, useMe } from "../../app/me";
import { type TextId, useTexts } from "../../app/texts";
import { Empty } from "../../ui/panel";
import { PageHead } from "../../ui/toolbar";
import { Audit } from "./audit";
import { General } from "./general";
import { Me } from "./me";
import { People } from "./people";
import { Privacy } from "./privacy";
import { Rates } from "./rates";

type Section = "me" | "general" | "people" | "rates" | "privacy" | "audit";

const SECTIONS: [Section, TextId, Permission | null, () => ReactNode][] = [
  ["me", "settings.me", null, () => <Me />],
  ["general", "settings.general", "tenant.read", () => <General />],
  ["people", "settings.people", "tenant.read", () => <People />],
  ["rates", "settings.rates", "tenant.read", () => <Rates />],
  ["privacy", "settings.privacy", "tenant.write", () => <Privacy />],
  ["audit", "settings.audit", "audit.read", () => <Audit />],
];

export function SettingsPage() {
  const t = useTexts();
  const { permissions } = useMe();
  const { section } = useParams({ strict: false }) as { section: string };
  const mine = SECTIONS.filter(([, , right]) => right === null || permissions.includes(right));
  const found = mine.find(([key]) => key === section);
  return (
    <>
      <PageHead title={t("nav.settings")} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 md:grid-cols-[180px_minmax(0,1fr)]">
        <nav className="min-w-0" aria-label={t("nav.settings")}>
          <ul className="flex gap-1 overflow-x-auto md:flex-col">
            {mine.map(([key, label]) => (
              <li key={key}>
                <Link
                  to="/settings/$section"
                  params={{ section: key }}
                  aria-current={key === section ? "page" : undefined}
                  className={`block rounded-sm px-2.5 py-1.5 text-control whitespace-nowrap ${key === section ? "bg-accent-soft font-semibold text-accent" : "text-ink-2 hover:bg-sunken"}`}
                >
                  {t(label)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="min-w-0">{found ? found[3]() : <Empty title={t("error.noPage")} />}</div>
      </div>
    </>
  );
}
