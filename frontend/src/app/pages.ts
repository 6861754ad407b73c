/** The pages of the navigation, each with the right that it needs. */
import {
  Activity,
  ChartSpline,
  Download,
  Gauge,
  HeartPulse,
  LayoutDashboard,
  type LucideIcon,
  Megaphone,
  Rocket,
  Send,
  Settings,
  Upload,
  Workflow,
} from "lucide-react";
import type { Permission } from "./me";
import type { TextId } from "./texts";

export interface PageEntry {
  to: string;
  label: TextId;
  icon: LucideIcon;
  right: Permission | null;
  /** Follows `g` on the keyboard. */
  key: string;
  /** Stands in the bar of a phone. */
  isMain?: boolean;
}

export const PAGES: PageEntry[] = [
  { to: "/", label: "nav.overview", icon: LayoutDashboard, right: "analytics.read", key: "o", isMain: true },
  {
    to: "/campaigns",
    label: "nav.campaigns",
    icon: Megaphone,
    right: "campaigns.read",
    key: "c",
    isMain: true,
  },
  { to: "/quality", label: "nav.quality", icon: Gauge, right: "analytics.read", key: "q", isMain: true },
  { to: "/events", label: "nav.events", icon: Activity, right: "analytics.read", key: "e", isMain: true },
  { to: "/delivery", label: "nav.delivery", icon: Send, right: "integrations.read", key: "d" },
  { to: "/plan", label: "nav.plan", icon: ChartSpline, right: "predictions.read", key: "p" },
  { to: "/rules", label: "nav.rules", icon: Workflow, right: "rules.read", key: "u" },
  { to: "/reports", label: "nav.reports", icon: Upload, right: "integrations.read", key: "r" },
  { to: "/exports", label: "nav.exports", icon: Download, right: "analytics.export", key: "x" },
  { to: "/start", label: "nav.start", icon: Rocket, right: "integrations.write", key: "b" },
  { to: "/settings", label: "nav.settings", icon: Settings, right: null, key: "s" },
  { to: "/status", label: "nav.status", icon: HeartPulse, right: null, key: "h" },
];
