// Starts the real program with demo data before the tests, and ends it after them.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "@playwright/test";
import { META_TOKEN, POOR_ID, startMeta } from "./meta";

const START_MS = 300_000;
/** Tests need some weeks of the demo's past, the pictures of the tour all of it. */
const HISTORY_DAYS = process.env.STRATUM_TOUR ? 396 : 56;
const PAUSE_MS = 500;

const settingsWith = (meta: string) => `
[campaign_discovery]
every_ms = 1000

[http.limits]
sign_in_per_min = 6000
sign_in_burst = 6000

[server]
operation_listen = "127.0.0.1:0"

[exchange_rates]
enabled = false

[deliver]
refresh_ms = 200

[deliver.urls]
meta = "${meta}"

[demo]
history_days = ${HISTORY_DAYS}
`;

/** The tour shows the shop of two currencies, whose platform is late. */
const TENANT = process.env.STRATUM_TOUR ? 1 : 0;

interface Told {
  url: string;
  email: string;
  password: string;
}

/** What the program says at its start: its address, and the file that holds the demo tenants' sign-ins. */
function listen(program: ChildProcess): Promise<Told> {
  return new Promise((found, lost) => {
    let said = "";
    const hear = (piece: Buffer) => {
      said += piece.toString();
      const url = said.match(/serves at (http:\S+)/)?.[1];
      const file = said.match(/Demo tenants: see (\S+);/)?.[1];
      const secrets = file ? readFileSync(file, "utf8") : "";
      const signIns = [...secrets.matchAll(/e-mail (\S+), password (\S+)/g)];
      const [, email, password] = signIns[TENANT] ?? [];
      // It says so once everything of the past has been sent.
      const isLoaded = said.includes("history is loaded");
      if (url && email && password && isLoaded) found({ url, email, password });
    };
    program.stdout?.on("data", hear);
    program.stderr?.on("data", hear);
    program.on("exit", (code) => lost(new Error(`the program ended with ${code}:\n${said.slice(-4000)}`)));
    setTimeout(() => lost(new Error(`the program does not start:\n${said.slice(-4000)}`)), START_MS).unref();
  });
}

/** Makes a destination for the tests' tenant at the Meta of this machine. */
async function deliver({ url, email, password }: Told): Promise<void> {
  const api = await request.newContext({ baseURL: url });
  const login = await api.post("/api/v1/auth/login", { data: { email, password } });
  const headers = { authorization: `Bearer ${(await login.json()).data.access_token}` };
  const datasets = (await (await api.get("/api/v1/datasets", { headers })).json()).data as {
    id: string;
    external_id: string;
    platform: string | null;
  }[];
  const dataset = datasets.find(({ platform }) => platform === "meta");
  const make = async (path: string, data: object) => {
    const made = await api.post(`/api/v1${path}`, { headers, data });
    if (!made.ok()) throw new Error(`nothing is made at ${path}: ${await made.text()}`);
    return (await made.json()).data;
  };
  const { id } = await make("/destinations", {
    dataset_id: dataset?.id,
    name: "Meta of the shop",
    credentials: { access_token: META_TOKEN },
  });
  const pixel = dataset?.external_id ?? "";
  const door = { name: "Delivery of the tests", scope: "ingest", dataset_id: pixel, platform: "meta" };
  const { key } = await make("/api-keys", door);
  // Until the door knows the key and the destination: then the first event comes there, and is refused.
  for (const end = Date.now() + START_MS; Date.now() < end; ) {
    const event = {
      event_name: "Lead",
      event_time: Math.floor(Date.now() / 1000),
      event_id: `${POOR_ID}${Date.now()}`,
      action_source: "website",
      user_data: { em: "customer@shop.example" },
    };
    const query = `access_token=${key}`;
    await api.post(`/v24.0/${pixel}/events?${query}`, { data: { data: [event] } });
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    const letters = await api.get(`/api/v1/destinations/${id}/dead-letters`, { headers });
    if ((await letters.json()).data?.length > 0) return api.dispose();
  }
  throw new Error("no event comes to the destination");
}

/** Waits until reports, events and campaigns of the demo have landed. */
async function landed({ url, email, password }: Told): Promise<void> {
  const api = await request.newContext({ baseURL: url });
  const login = await api.post("/api/v1/auth/login", { data: { email, password } });
  const token = (await login.json()).data.access_token as string;
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path: string) => (await (await api.get(`/api/v1${path}`, { headers })).json()).data;
  for (const end = Date.now() + START_MS; Date.now() < end; ) {
    const [kpis, campaigns, score, forecast] = await Promise.all([
      ask("/analytics/kpis"),
      ask("/campaigns"),
      ask("/emq/score"),
      ask("/predictions/roas"),
    ]);
    if (
      kpis?.total_spend > 0 &&
      kpis.tracked_revenue > 0 &&
      campaigns?.length > 0 &&
      score?.events?.length > 0 &&
      forecast?.total > 0
    ) {
      return api.dispose();
    }
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
  throw new Error("the demo's data does not land");
}

export default async function start(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "stratum-page-"));
  // As root, Postgres runs as another user, who must get to its own folder in this one.
  chmodSync(folder, 0o755);
  const settings = join(folder, "settings.toml");
  const meta = await startMeta();
  writeFileSync(settings, settingsWith(meta.url));
  const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/stratum/target");
  const path = process.env.STRATUM_PROGRAM ?? join(target, "debug/stratum");
  const program = spawn(
    path,
    [
      "up",
      "--demo",
      "--rate",
      "2",
      "--listen",
      "127.0.0.1:0",
      "--data",
      join(folder, "data"),
      "--config",
      settings,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const stop = async () => {
    const ended = new Promise((resume) => program.once("exit", resume));
    if (program.exitCode === null) {
      program.kill("SIGTERM");
      await ended;
    }
    meta.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const told = await listen(program);
    await deliver(told);
    await landed(told);
    process.env.STRATUM_TEST_URL = told.url;
    process.env.STRATUM_TEST_EMAIL = told.email;
    process.env.STRATUM_TEST_PASSWORD = told.password;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
