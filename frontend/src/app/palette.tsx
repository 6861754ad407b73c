import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import {
  Dialog as AriaDialog,
  Autocomplete,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
} from "react-aria-components";
import { api, dataOf } from "../api/client";
import { useSignOut } from "./account-menu";
import { choose, useLook } from "./look";
import { useMay } from "./me";
import type { PageEntry } from "./pages";
import { carried } from "./search";
import { useTexts } from "./texts";

const ITEM =
  "flex min-h-9 items-center justify-between gap-3 rounded-sm px-2.5 text-body outline-none data-[focused]:bg-sunken";
const HEAD = "px-2.5 pt-2 pb-1 text-note font-medium text-ink-3";

/** Goes anywhere by name: pages, campaigns, actions. */
export default function Palette({ onClose, pages }: { onClose: () => void; pages: PageEntry[] }) {
  const t = useTexts();
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(next) => next || onClose()}
      className="fixed inset-0 z-50 flex items-start justify-center bg-shade p-4 pt-[12vh]"
    >
      <Modal className="pop w-full max-w-xl overflow-hidden">
        <AriaDialog aria-label={t("palette.open")} className="outline-none">
          <Choices onClose={onClose} pages={pages} />
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function Choices({ onClose, pages }: { onClose: () => void; pages: PageEntry[] }) {
  const t = useTexts();
  const look = useLook();
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const signOut = useSignOut();
  const [typed, setTyped] = useState("");
  const found = useFound(useDeferredValue(typed.trim()));
  const folded = typed.trim().toLocaleLowerCase();
  const matches = (label: string) => label.toLocaleLowerCase().includes(folded);
  const actions = [
    { id: "theme", label: t(look.theme === "dark" ? "palette.light" : "palette.dark") },
    { id: "language", label: t("account.language") },
    { id: "out", label: t("account.signOut") },
  ].filter(({ label }) => matches(label));
  const act = (key: string) => {
    onClose();
    const [kind, id = ""] = key.split(/:(.*)/s);
    if (kind === "page") void navigate({ to: id, search: carried(search) as never });
    else if (kind === "campaign") void navigate({ to: `/campaigns/${id}`, search: carried(search) as never });
    else if (id === "theme") choose({ theme: look.theme === "dark" ? "light" : "dark" });
    else if (id === "language") choose({ language: look.language === "ar" ? "en" : "ar" });
    else void signOut();
  };
  const shown = pages.filter(({ label }) => matches(t(label)));
  return (
    <Autocomplete inputValue={typed} onInputChange={setTyped}>
      <SearchField aria-label={t("palette.open")} autoFocus className="border-b border-line">
        <Input
          placeholder={t("palette.hint")}
          className="w-full bg-surface px-4 py-3 text-head text-ink outline-none placeholder:text-ink-3"
        />
      </SearchField>
      <Menu
        aria-label={t("palette.found")}
        onAction={(key) => act(String(key))}
        className="max-h-[50vh] overflow-auto p-1.5 outline-none"
        renderEmptyState={() => <p className="px-2.5 py-4 text-ink-3">{t("palette.nothing")}</p>}
      >
        {shown.length > 0 ? (
          <MenuSection>
            <Header className={HEAD}>{t("nav.pages")}</Header>
            {shown.map((page) => (
              <MenuItem key={page.to} id={`page:${page.to}`} textValue={t(page.label)} className={ITEM}>
                {t(page.label)}
                {look.shortcuts ? <kbd className="font-mono text-note text-ink-3">g {page.key}</kbd> : null}
              </MenuItem>
            ))}
          </MenuSection>
        ) : null}
        {found.length > 0 ? (
          <MenuSection>
            <Header className={HEAD}>{t("nav.campaigns")}</Header>
            {found.map((campaign) => (
              <MenuItem
                key={campaign.id}
                id={`campaign:${campaign.id}`}
                textValue={campaign.name}
                className={ITEM}
              >
                <bdi className="truncate">{campaign.name}</bdi>
                <span className="text-note text-ink-3">{t(`platform.${campaign.platform}` as never)}</span>
              </MenuItem>
            ))}
          </MenuSection>
        ) : null}
        {actions.length > 0 ? (
          <MenuSection>
            <Header className={HEAD}>{t("palette.actions")}</Header>
            {actions.map(({ id, label }) => (
              <MenuItem key={id} id={`do:${id}`} textValue={label} className={ITEM}>
                {label}
              </MenuItem>
            ))}
          </MenuSection>
        ) : null}
      </Menu>
    </Autocomplete>
  );
}

function useFound(search: string) {
  const isAllowed = useMay("campaigns.read");
  const { data } = useQuery({
    queryKey: ["campaigns", "found", search],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/campaigns", { params: { query: { search, page_size: 8 } as never }, signal })),
    enabled: isAllowed && search.length > 1,
  });
  return search.length > 1 ? (data ?? []) : [];
}
