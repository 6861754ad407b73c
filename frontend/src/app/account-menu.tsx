import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Languages, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { api } from "../api/client";
import { session } from "../api/send";
import { cookieMode } from "../api/session";
import { choose, type Theme, useLook } from "./look";
import { useMe } from "./me";
import { useTexts } from "./texts";

const THEMES: [Theme, typeof Sun][] = [
  ["system", Monitor],
  ["light", Sun],
  ["dark", Moon],
];

const ITEM =
  "flex min-h-9 items-center gap-2.5 rounded-sm px-2.5 text-control text-ink outline-none data-[focused]:bg-sunken";

/** Who is signed in, and what they can do about it. */
export function AccountMenu({ isFolded }: { isFolded?: boolean }) {
  const t = useTexts();
  const me = useMe();
  const look = useLook();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const act = (key: string) => {
    if (key === "out") void signOut();
    else if (key === "me") void navigate({ to: "/settings/$section", params: { section: "me" } });
    else if (key === "language") choose({ language: look.language === "ar" ? "en" : "ar" });
    else choose({ theme: key as Theme });
  };
  return (
    <MenuTrigger>
      <AriaButton className="flex min-h-10 w-full items-center gap-2.5 rounded-sm px-1.5 text-start hover:bg-sunken">
        <span className="sr-only">{t("account.menu", { name: me.full_name })}</span>
        <span
          aria-hidden
          className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-note font-semibold text-accent"
        >
          {initials(me.full_name)}
        </span>
        {isFolded ? null : (
          <>
            <span className="min-w-0 flex-1" aria-hidden>
              <span className="block truncate text-control font-medium">
                <bdi>{me.full_name}</bdi>
              </span>
              <span className="block truncate text-note text-ink-3">{t(`role.${me.role}`)}</span>
            </span>
            <ChevronsUpDown size={14} className="text-ink-3" aria-hidden />
          </>
        )}
      </AriaButton>
      <Popover placement="top start" className="pop z-50 w-60 p-1">
        <Menu aria-label={t("account.own")} onAction={(key) => act(String(key))} className="outline-none">
          <MenuItem id="me" className={ITEM} textValue={t("account.settings")}>
            <UserRound size={15} aria-hidden /> {t("account.settings")}
          </MenuItem>
          <MenuItem id="language" className={ITEM} textValue={t("account.language")}>
            <Languages size={15} aria-hidden /> {t("account.language")}
          </MenuItem>
          <Separator className="my-1 h-px bg-line" />
          {THEMES.map(([theme, Icon]) => (
            <MenuItem key={theme} id={theme} className={ITEM} textValue={t(`theme.${theme}`)}>
              <Icon size={15} aria-hidden /> {t(`theme.${theme}`)}
              {look.theme === theme ? (
                <span className="ms-auto text-note text-ink-3">{t("state.chosen")}</span>
              ) : null}
            </MenuItem>
          ))}
          <Separator className="my-1 h-px bg-line" />
          <MenuItem id="out" className={ITEM} textValue={t("account.signOut")}>
            <LogOut size={15} aria-hidden className="rtl:-scale-x-100" /> {t("account.signOut")}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await api.POST("/api/v1/auth/logout", { headers: cookieMode() }).catch(() => {});
    await navigate({ to: "/sign-in", search: {} });
    session.close();
    client.clear();
  };
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}
