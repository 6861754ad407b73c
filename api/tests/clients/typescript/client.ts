// A client typed by the API's own document: signs in, asks, and is refused. What it prints is read by
// the test that runs it.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(code: number): never };

type Kpis = components["schemas"]["Kpis"];

async function main(baseUrl: string, email: string, password: string) {
  const client = createClient<paths>({ baseUrl });
  const signedIn = await client.POST("/api/v1/auth/login", { body: { email, password } });
  if (!signedIn.data) throw new Error(`sign-in: ${signedIn.error.error}`);
  const headers = { authorization: `Bearer ${signedIn.data.data.access_token}` };

  const asked = await client.GET("/api/v1/analytics/kpis", {
    headers,
    params: { query: { date_from: "2026-01-01", date_to: "2026-01-31", compare_period: "previous_period" } },
  });
  if (!asked.data) throw new Error(`kpis: ${asked.error.message}`);
  const kpis: Kpis = asked.data.data;
  // A ratio may be null, and the types say so.
  const roas: number | null | undefined = kpis.avg_roas;

  const refused = await client.GET("/api/v1/campaigns/{id}/metrics", {
    headers,
    params: { path: { id: "nobodys" } },
  });
  const code: string | undefined = refused.error?.error;
  console.log(JSON.stringify({ days: kpis.days, spend: kpis.total_spend, roas: roas ?? null, code }));
}

// Never called: what does not fit the document does not compile.
export function mistakes(client: ReturnType<typeof createClient<paths>>) {
  // @ts-expect-error there is no such route
  client.GET("/api/v1/nowhere");
  // @ts-expect-error a campaign is asked for by its id
  client.GET("/api/v1/campaigns/{id}/metrics");
  // @ts-expect-error a password is a text
  client.POST("/api/v1/auth/login", { body: { email: "a@b.example", password: 5 } });
}

const [url, email, password] = process.argv.slice(2);
if (url && email && password) await main(url, email, password);
