/** Questions that take no session: the entrance and the status page ask them. */
import type { Schemas } from "./client";
import { raw } from "./send";

export async function askConfig(signal: AbortSignal): Promise<Schemas["ConfigResponse"]> {
  return ((await (await raw("/api/v1/config", { signal })).json()) as { data: Schemas["ConfigResponse"] })
    .data;
}

/** The process that answers and the organisation's jobs, for admins. */
export async function askHealthDetail(signal: AbortSignal): Promise<Schemas["HealthDetail"]> {
  const response = await raw("/api/v1/health/detail", { signal, cache: "no-store" });
  return ((await response.json()) as { data: Schemas["HealthDetail"] }).data;
}

export async function askHealth(signal: AbortSignal): Promise<Schemas["HealthReport"]> {
  // A store that is away is an answer here, with status 503.
  const response = await fetch("/health", { signal, cache: "no-store" });
  return ((await response.json()) as { data: Schemas["HealthReport"] }).data;
}
