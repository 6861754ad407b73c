import type { Schemas } from "../../api/client";
import { useTexts } from "../../app/texts";
import { Badge } from "../../ui/panel";

const MODES = { off: "plain", shadow: "plain", test: "warn", live: "accent", paused: "warn" } as const;

const LANES = {
  working: "good",
  throttled: "warn",
  failing: "bad",
  needs_credentials: "bad",
  misconfigured: "bad",
} as const;

/** What is done with events. */
export function ModeBadge({ mode }: { mode: Schemas["DeliveryMode"] }) {
  const t = useTexts();
  return <Badge kind={MODES[mode]}>{t(`deliveryMode.${mode}`)}</Badge>;
}

/** How a destination does; nothing where nothing was sent. */
export function LaneBadge({ state }: { state: Schemas["LaneState"] | null | undefined }) {
  const t = useTexts();
  return state ? <Badge kind={LANES[state]}>{t(`lane.${state}`)}</Badge> : null;
}

const OUTCOMES = {
  delivered: "good",
  rejected: "bad",
  exhausted: "bad",
  expired: "bad",
  filtered: "plain",
  suppressed: "plain",
  duplicate: "plain",
} as const;

/** What became of events. */
export function OutcomeBadge({ outcome }: { outcome: Schemas["DeliveryOutcome"] }) {
  const t = useTexts();
  return <Badge kind={OUTCOMES[outcome]}>{t(`deliveryOutcome.${outcome}`)}</Badge>;
}

const REQUESTS = {
  taken: "good",
  throttled: "warn",
  unavailable: "warn",
  needs_credentials: "bad",
  refused: "bad",
} as const;

/** What a request came to. */
export function RequestBadge({ outcome }: { outcome: Schemas["RequestOutcome"] }) {
  const t = useTexts();
  return <Badge kind={REQUESTS[outcome]}>{t(`requestOutcome.${outcome}`)}</Badge>;
}
