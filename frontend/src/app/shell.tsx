import { QueryClientProvider } from "@tanstack/react-query";
import { Link, Outlet, useRouterState, useSearch } from "@tanstack/react-router";
import { Bookmark, ChevronsLeft, ChevronsRight, Menu as MenuIcon, Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { session } from "../api/send";
import { Dialog } from "../ui/dialog";
import { IconButton } from "../ui/icon-button";
import { Waiting } from "../ui/panel";
import { AccountMenu } from "./account-menu";
import { LiveProvider, useLive } from "./live";
import { useMe } from "./me";
import { PAGES, type PageEntry } from "./pages";
import { client } from "./queries";
import { carried } from "./search";
import { useShortcuts } from "./shortcuts";
import { useTexts, ZoneProvider } from "./texts";

const FOLDED = "stratum.folded";

const Toasts = lazy(() => import("../ui/toast"));
const Palette = lazy(() => import("./palette"));
const ViewsDialog = lazy(() => import("./views-menu"));
const SignInAgain = lazy(() => import("./sign-in-again"));

/** What stands around every page after sign-in. */
export function Shell() {
  return (
    <QueryClientProvider client={client}>
      <Signed />
    </QueryClientProvider>
  );
}

function Signed() {
  const { tenant } = useMe();
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  // Fetched before they are needed: a session may end when the server is away.
  useEffect(() => void Promise.all([import("./sign-in-again"), import("./palette")]), []);
  return (
    <ZoneProvider zone={tenant.time_zone}>
      <LiveProvider>
        <Frame />
      </LiveProvider>
      {state === "open" ? null : (
        <Suspense>
          <SignInAgain />
        </Suspense>
      )}
      <Suspense>
        <Toasts />
      </Suspense>
    </ZoneProvider>
  );
}

function usePages(): PageEntry[] {
  const { permissions } = useMe();
  return PAGES.filter(({ right }) => right === null || permissions.includes(right));
}

function Frame() {
  const t = useTexts();
  const [isViewsOpen, setViewsOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isFolded, setFolded] = useState(() => localStorage.getItem(FOLDED) === "yes");
  const pages = usePages();
  useShortcuts({ openPalette: () => setPaletteOpen(true), pages });
  const fold = () => {
    localStorage.setItem(FOLDED, isFolded ? "no" : "yes");
    setFolded(!isFolded);
  };
  return (
    <div className={`min-h-dvh md:grid ${isFolded ? "md:grid-cols-[56px_1fr]" : "md:grid-cols-[224px_1fr]"}`}>
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:bg-surface focus:p-2"
      >
        {t("nav.skip")}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-e border-line bg-surface md:flex">
        <div className="flex h-14 items-center justify-between ps-4 pe-2">
          {isFolded ? null : <Brand />}
          <IconButton label={t(isFolded ? "nav.unfold" : "nav.fold")} onPress={fold}>
            {isFolded ? (
              <ChevronsRight size={16} className="rtl:-scale-x-100" />
            ) : (
              <ChevronsLeft size={16} className="rtl:-scale-x-100" />
            )}
          </IconButton>
        </div>
        <nav aria-label={t("nav.pages")} className="flex-1 overflow-y-auto px-2">
          <PageList pages={pages} isFolded={isFolded} />
        </nav>
        <div className="border-t border-line p-2">
          <AccountMenu isFolded={isFolded} />
        </div>
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-surface px-3 md:px-5">
          <div className="md:hidden">
            <IconButton label={t("nav.menu")} onPress={() => setMenuOpen(true)}>
              <MenuIcon size={18} />
            </IconButton>
          </div>
          <TenantName />
          <LiveMark />
          <span className="ms-auto">
            <IconButton label={t("views.title")} onPress={() => setViewsOpen(true)}>
              <Bookmark size={16} />
            </IconButton>
          </span>
          <button
            type="button"
            onClick={() => setPaletteOpen(true)}
            className="flex min-h-8 items-center gap-2 rounded-sm border border-edge/60 px-2.5 text-control text-ink-3 hover:bg-sunken"
          >
            <Search size={14} aria-hidden />
            <span className="max-md:sr-only">{t("palette.open")}</span>
            <kbd className="font-mono text-note max-md:hidden">Ctrl K</kbd>
          </button>
        </header>
        <main id="page" tabIndex={-1} className="flex-1 px-3 pt-4 pb-24 outline-none md:px-5 md:pb-8">
          <Suspense fallback={<Waiting lines={8} />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <nav
        aria-label={t("nav.main")}
        className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t border-line bg-surface md:hidden"
      >
        {pages
          .filter(({ isMain }) => isMain)
          .map((page) => (
            <PageLink key={page.to} page={page} isBar />
          ))}
      </nav>
      <Dialog title={t("nav.menu")} isOpen={isMenuOpen} onClose={() => setMenuOpen(false)} isSide>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the links inside are pressed, and bubble */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
        <div onClick={() => setMenuOpen(false)}>
          <PageList pages={pages} />
        </div>
        <div className="mt-4 border-t border-line pt-3">
          <AccountMenu />
        </div>
      </Dialog>
      {isViewsOpen ? (
        <Suspense>
          <ViewsDialog onClose={() => setViewsOpen(false)} />
        </Suspense>
      ) : null}
      {isPaletteOpen ? (
        <Suspense>
          <Palette onClose={() => setPaletteOpen(false)} pages={pages} />
        </Suspense>
      ) : null}
    </div>
  );
}

function Brand() {
  return (
    <span className="flex items-center gap-2 text-head font-semibold">
      <img src="/icon.svg" alt="" width={22} height={22} />
      Stratum
    </span>
  );
}

function PageList({ pages, isFolded }: { pages: PageEntry[]; isFolded?: boolean }) {
  return (
    <ul className="flex flex-col gap-0.5">
      {pages.map((page) => (
        <li key={page.to}>
          <PageLink page={page} isFolded={isFolded} />
        </li>
      ))}
    </ul>
  );
}

function PageLink({ page, isFolded, isBar }: { page: PageEntry; isFolded?: boolean; isBar?: boolean }) {
  const t = useTexts();
  const search = useSearch({ strict: false });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isHere = page.to === "/" ? path === "/" : path.startsWith(page.to);
  const Icon = page.icon;
  const shape = isBar
    ? "min-h-14 flex-col justify-center gap-0.5 text-note"
    : "min-h-9 gap-2.5 rounded-sm px-2.5 text-body";
  return (
    <Link
      to={page.to}
      search={carried(search) as never}
      aria-current={isHere ? "page" : undefined}
      title={isFolded ? t(page.label) : undefined}
      className={`flex items-center ${shape} ${isHere ? "bg-accent-soft font-semibold text-accent" : "text-ink-2 hover:bg-sunken hover:text-ink"}`}
    >
      <Icon size={isBar ? 20 : 17} aria-hidden className="shrink-0" />
      <span className={isFolded ? "sr-only" : "truncate"}>{t(page.label)}</span>
    </Link>
  );
}

function TenantName() {
  const { tenant } = useMe();
  return (
    <span className="truncate font-semibold">
      <bdi>{tenant.name}</bdi>
    </span>
  );
}

function LiveMark() {
  const t = useTexts();
  const state = useLive();
  const looks = { live: "bg-good", connecting: "bg-edge", away: "bg-warn" };
  return (
    <span role="status" className="flex items-center gap-1.5 text-note whitespace-nowrap text-ink-3">
      <span className={`size-2 rounded-full ${looks[state]}`} aria-hidden />
      {t(`live.${state}`)}
    </span>
  );
}
