import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import * as v from "valibot";
import { PLATFORMS } from "../api/platforms";
import { session } from "../api/send";
import { ErrorPage, NotFoundPage } from "./error-pages";
import type { Permission } from "./me";
import { type Group, want } from "./messages";
import { number, oneOf, shared, sharedSearch, text } from "./search-schema";

/** A part of the page together with the texts it shows. */
async function after<T>(group: Group, part: Promise<T>): Promise<T> {
  const [loaded] = await Promise.all([part, want(group)]);
  return loaded;
}

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

// --- without sign-in ---------------------------------------------------------------------------

const entrance = createRoute({
  getParentRoute: () => root,
  id: "entrance",
  component: lazyRouteComponent(() => import("../pages/auth/frame"), "EntranceFrame"),
});

const signIn = createRoute({
  getParentRoute: () => entrance,
  path: "/sign-in",
  validateSearch: v.object({ next: text }),
  component: lazyRouteComponent(() => import("../pages/auth/sign-in"), "SignInPage"),
});

const register = createRoute({
  getParentRoute: () => entrance,
  path: "/register",
  component: lazyRouteComponent(() => import("../pages/auth/register"), "RegisterPage"),
});

const confirmRegistration = createRoute({
  getParentRoute: () => entrance,
  path: "/confirm-registration",
  component: lazyRouteComponent(
    () => import("../pages/auth/confirm-registration"),
    "ConfirmRegistrationPage",
  ),
});

const forgotPassword = createRoute({
  getParentRoute: () => entrance,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("../pages/auth/forgot-password"), "ForgotPasswordPage"),
});

const resetPassword = createRoute({
  getParentRoute: () => entrance,
  path: "/reset-password",
  component: lazyRouteComponent(() => import("../pages/auth/reset-password"), "ResetPasswordPage"),
});

const acceptInvitation = createRoute({
  getParentRoute: () => entrance,
  path: "/accept-invitation",
  component: lazyRouteComponent(() => import("../pages/auth/accept-invitation"), "AcceptInvitationPage"),
});

const access = () => import("./access");
const shell = () => import("./shell");
// Who comes back needs both, and waits for neither in turn.
if (session.state === "open") void Promise.all([access(), shell()]);

// --- with sign-in ------------------------------------------------------------------------------

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: lazyRouteComponent(() => after("first", shell()), "Shell"),
  beforeLoad: async ({ location }) => {
    const toSignIn = () => redirect({ to: "/sign-in", search: { next: location.href } });
    if (session.state !== "open") throw toSignIn();
    try {
      await (await access()).whoAmI();
    } catch (error) {
      // A store that is away is told by the page; a session that ended needs a new one.
      if (session.state !== "open") throw toSignIn();
      throw error;
    }
  },
  errorComponent: ErrorPage,
});

/** Ends where the right is missing, instead of a page of refusals. */
async function needs(right: Permission): Promise<void> {
  const { permissions } = await (await access()).whoAmI();
  if (!permissions.includes(right)) throw redirect({ to: "/settings/$section", params: { section: "me" } });
}

const overview = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: v.object({
    ...shared,
    kpi: oneOf([
      "spend",
      "roas",
      "conversions",
      "cpa",
      "ctr",
      "cpc",
      "cpm",
      "cvr",
      "clicks",
      "impressions",
    ] as const),
    step: oneOf(["weekly", "monthly"] as const),
  }),
  component: lazyRouteComponent(() => after("first", import("../pages/overview/page")), "OverviewPage"),
});

const campaigns = createRoute({
  getParentRoute: () => inside,
  path: "/campaigns",
  validateSearch: v.object({
    ...shared,
    q: text,
    status: oneOf(["draft", "active", "paused", "completed", "archived"] as const),
    labels: text,
    having: text,
    sort: oneOf(["name", "created_at", "revenue", "roas", "conversions", "cpa", "ctr"] as const),
    order: oneOf(["asc"] as const),
  }),
  component: lazyRouteComponent(() => after("rest", import("../pages/campaigns/page")), "CampaignsPage"),
});

const campaign = createRoute({
  getParentRoute: () => inside,
  path: "/campaigns/$id",
  validateSearch: v.object({
    ...shared,
    tab: oneOf(["forecast", "response", "parts", "creatives", "changes"] as const),
    by: oneOf(["ad", "country", "device"] as const),
  }),
  component: lazyRouteComponent(() => after("rest", import("../pages/campaigns/detail")), "CampaignPage"),
});

const quality = createRoute({
  getParentRoute: () => inside,
  path: "/quality",
  validateSearch: v.object({
    ...shared,
    at: oneOf(PLATFORMS),
    dataset: text,
    event: text,
    fixes: text,
    fix: text,
  }),
  component: lazyRouteComponent(() => after("rest", import("../pages/quality/page")), "QualityPage"),
});

const events = createRoute({
  getParentRoute: () => inside,
  path: "/events",
  validateSearch: v.object({ ...shared, tab: oneOf(["datasets", "keys"] as const) }),
  component: lazyRouteComponent(() => after("rest", import("../pages/events/page")), "EventsPage"),
});

const delivery = createRoute({
  getParentRoute: () => inside,
  path: "/delivery",
  validateSearch: v.object({
    ...shared,
    at: text,
    tab: oneOf(["letters", "requests"] as const),
    span: oneOf(["week", "month"] as const),
  }),
  beforeLoad: () => needs("integrations.read"),
  component: lazyRouteComponent(() => after("rest", import("../pages/delivery/page")), "DeliveryPage"),
});

const plan = createRoute({
  getParentRoute: () => inside,
  path: "/plan",
  validateSearch: v.object({
    ...shared,
    tab: oneOf(["budget", "whatif", "saved"] as const),
    total: number,
    cur: text,
    days: number,
    goal: oneOf(["maximize_roas", "maximize_conversions", "target_roas"] as const),
    target: number,
    inactive: v.optional(v.fallback(v.optional(v.literal(true)), undefined)),
  }),
  component: lazyRouteComponent(() => after("rest", import("../pages/plan/page")), "PlanPage"),
});

const rules = createRoute({
  getParentRoute: () => inside,
  path: "/rules",
  validateSearch: sharedSearch,
  beforeLoad: () => needs("rules.read"),
  component: lazyRouteComponent(() => after("rest", import("../pages/rules/page")), "RulesPage"),
});

const reports = createRoute({
  getParentRoute: () => inside,
  path: "/reports",
  validateSearch: v.object({ ...shared, tab: oneOf(["file", "accounts"] as const) }),
  beforeLoad: () => needs("integrations.read"),
  component: lazyRouteComponent(() => after("rest", import("../pages/reports/page")), "ReportsPage"),
});

const exports = createRoute({
  getParentRoute: () => inside,
  path: "/exports",
  validateSearch: sharedSearch,
  beforeLoad: () => needs("analytics.export"),
  component: lazyRouteComponent(() => after("rest", import("../pages/exports/page")), "ExportsPage"),
});

const start = createRoute({
  getParentRoute: () => inside,
  path: "/start",
  validateSearch: sharedSearch,
  beforeLoad: () => needs("integrations.write"),
  component: lazyRouteComponent(() => after("rest", import("../pages/start/page")), "StartPage"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  validateSearch: sharedSearch,
  beforeLoad: () => {
    throw redirect({ to: "/settings/$section", params: { section: "me" } });
  },
});

const settingsSection = createRoute({
  getParentRoute: () => inside,
  path: "/settings/$section",
  validateSearch: v.object({ ...shared, page: number, action: text, outcome: text }),
  component: lazyRouteComponent(() => after("rest", import("../pages/settings/page")), "SettingsPage"),
});

const status = createRoute({
  getParentRoute: () => root,
  path: "/status",
  component: lazyRouteComponent(() => after("status", import("../pages/status/page")), "StatusPage"),
});

const tree = root.addChildren([
  entrance.addChildren([
    signIn,
    register,
    confirmRegistration,
    forgotPassword,
    resetPassword,
    acceptInvitation,
  ]),
  inside.addChildren([
    overview,
    campaigns,
    campaign,
    quality,
    events,
    delivery,
    plan,
    rules,
    reports,
    exports,
    start,
    settings,
    settingsSection,
  ]),
  status,
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingMs: 300,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
