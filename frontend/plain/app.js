// The plain page: signs in, shows what the API says, and asks again when the live stream tells of a
// change; without the stream it asks once a second.
const BASE = "/api/v1";
const TICK_MS = 1000;
const IDLE_MS = 5000; // what is shown as "so long ago" is kept true even when nothing changes
const COME_BACK_MS = 2000;
const SAMPLES_MAX = 120;
const LOCALE = navigator.language;
const at = (id) => document.getElementById(id);

let token = sessionStorage.getItem("token");
let timer = 0;
let refreshed = 0; // when, in ms
let refreshing = false;
let isStale = false; // a change was told while an answer was under way
let stream = null; // aborts the live stream; null while there is none
let isLive = false;
let lastEventId = "";
let samples = []; // {t: ms, landed: events}

class Refused extends Error {
  constructor(status, message, requestId) {
    super(message);
    this.status = status;
    this.requestId = requestId;
  }
}

async function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(BASE + path, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Refused(0, "The server cannot be reached. Is `stratum up` running? The page tries again by itself.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || !body?.success) {
    throw new Refused(response.status, body?.message ?? `The server answered ${response.status}.`, body?.request_id);
  }
  return body.data;
}

// --- small building blocks -------------------------------------------------------------------

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Writes only what changed, so that a screen reader is not told the same again every second.
function fill(node, children) {
  const next = element("div", {}, ...children);
  if (node.innerHTML !== next.innerHTML) node.replaceChildren(...next.childNodes);
}

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
}

const number = (value, digits = 0) =>
  value === null ? "–" : value.toLocaleString(LOCALE, { maximumFractionDigits: digits });

const ratio = (value, unit = "") => (value === null ? "–" : number(value, 2) + unit);

function money(value, currency) {
  if (value === null) return "–";
  if (!currency) return number(value, 2);
  return value.toLocaleString(LOCALE, { style: "currency", currency, maximumFractionDigits: value < 100 ? 2 : 0 });
}

function tile(name, value, note) {
  const shown = element("dd", {}, value);
  if (note) shown.append(element("small", {}, note));
  return element("div", {}, element("dt", {}, name), shown);
}

function ago(instant) {
  if (!instant) return "never";
  const seconds = Math.max(0, (Date.now() - Date.parse(instant)) / 1000);
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return new Date(instant).toLocaleString(LOCALE);
}

// --- sections --------------------------------------------------------------------------------

function split(kpis, figure) {
  return kpis.by_currency.length < 2 ? "" : kpis.by_currency.map((one) => money(one[figure], one.currency)).join(" · ");
}

function showKpis(kpis) {
  say(at("range"), `${kpis.date_from} to ${kpis.date_to}, days of ${kpis.time_zone}`);
  say(at("money-note"), kpis.by_currency.length > 1 && kpis.currency_reason ? `Amounts are not added up: ${kpis.currency_reason}.` : "");
  const amount = (figure) => money(kpis[figure], kpis.currency);
  fill(at("kpis"), [
    tile("Spend", amount("total_spend"), split(kpis, "total_spend")),
    tile("Revenue, reported", amount("total_revenue"), split(kpis, "total_revenue")),
    tile("ROAS, reported", ratio(kpis.avg_roas)),
    tile("Conversions, reported", number(kpis.total_conversions, 1)),
    tile("Purchases, tracked", number(kpis.tracked_conversions)),
    tile("Revenue, tracked", amount("tracked_revenue"), split(kpis, "tracked_revenue")),
    tile("ROAS, tracked", ratio(kpis.tracked_roas)),
    tile("Impressions", number(kpis.total_impressions)),
    tile("Clicks", number(kpis.total_clicks), `CTR ${ratio(kpis.avg_ctr, " %")}`),
    tile("CPC", amount("avg_cpc")),
    tile("CPM", amount("avg_cpm")),
    tile("CPA", amount("avg_cpa")),
  ]);
  const rows = kpis.freshness.map((one) =>
    element("tr", {},
      element("th", { scope: "row" }, one.platform),
      element("td", {}, ago(one.events_received_at)),
      element("td", {}, ago(one.reports_received_at)),
      element("td", {}, one.reports_until ?? "–")));
  fill(at("freshness"), rows.length ? rows : [none(4, "Nothing has landed yet.")]);
}

function none(columns, text) {
  return element("tr", {}, element("td", { colspan: String(columns) }, text));
}

function showIngest(ingest) {
  const { events, ad_reports: reports } = ingest;
  fill(at("counts"), [
    tile("Events received", number(events.received)),
    tile("Landed", number(events.landed)),
    tile("Duplicates", number(events.duplicate)),
    tile("Refused", number(events.rejected)),
    tile("Ad reports received", number(reports.received), reports.rejected ? `${number(reports.rejected)} refused` : ""),
  ]);
  const rows = ingest.rejections.slice(0, 8).map((one) =>
    element("tr", {},
      element("td", {}, one.reason),
      element("td", {}, one.field || "–"),
      element("td", {}, [one.platform, one.dataset_id].filter(Boolean).join(" ") || "–"),
      element("td", { class: "number" }, number(one.rows))));
  fill(at("rejections"), rows.length ? rows : [none(4, "Nothing was refused.")]);
  plot(events.landed);
}

// Events landed a second, from the difference of two counts.
function plot(landed) {
  samples.push({ t: performance.now(), landed });
  samples = samples.slice(-SAMPLES_MAX);
  const rates = [];
  for (let i = 1; i < samples.length; i++) {
    const seconds = (samples[i].t - samples[i - 1].t) / 1000;
    rates.push(Math.max(0, (samples[i].landed - samples[i - 1].landed) / seconds));
  }
  if (rates.length < 2) return;
  const top = Math.max(...rates, 1);
  const x = (i) => ((i / (SAMPLES_MAX - 2)) * 600).toFixed(1);
  const y = (rate) => (92 - (rate / top) * 84).toFixed(1);
  const line = rates.map((rate, i) => `${i ? "L" : "M"}${x(i)} ${y(rate)}`).join("");
  at("flow-line").setAttribute("d", line);
  at("flow-area").setAttribute("d", `${line}L${x(rates.length - 1)} 92L0 92Z`);
  const recent = rates.slice(-5).reduce((sum, rate) => sum + rate, 0) / Math.min(5, rates.length);
  say(at("flow-caption"), `Events landed a second: ${number(recent, 1)} now, ${number(top, 1)} at most lately`);
}

function showQuality(scores, coverage) {
  say(at("formula"), scores.formula_version);
  const shares = new Map(coverage.events.map((one) => [`${one.platform}/${one.dataset_id}/${one.event_name}`, one.coverage]));
  const cards = scores.events.slice(0, 24).map((one) => {
    const bars = Object.entries(shares.get(`${one.platform}/${one.dataset_id}/${one.event_name}`) ?? {})
      .sort((a, b) => b[1] - a[1])
      .map(([key, share]) => {
        const percent = `${Math.round(share * 100)} %`;
        return element("li", {},
          element("span", {}, key),
          element("meter", { min: "0", max: "1", value: share.toFixed(3), "aria-label": `${key}: ${percent} of ${one.event_name}` }),
          element("span", {}, percent));
      });
    const band = element("span", { class: `band-${one.band}` }, one.score === null ? "–" : `${one.score.toFixed(1)} ${one.band}`);
    return element("article", { class: "card" },
      element("h3", {}, one.event_name, band),
      element("p", { class: "note" }, `${one.platform} ${one.dataset_id}, ${number(one.events)} events`),
      element("ul", { class: "bars" }, ...bars));
  });
  fill(at("emq"), cards.length ? cards : [element("p", {}, "No events yet. Send some with Meta's SDK, or run `stratum demo`.")]);
}

// --- flow ------------------------------------------------------------------------------------

async function refresh() {
  clearTimeout(timer);
  timer = 0;
  refreshing = true;
  isStale = false;
  refreshed = Date.now();
  try {
    const [kpis, ingest, scores, coverage] = await Promise.all([
      ask("/analytics/kpis"), ask("/analytics/ingest"), ask("/emq/score"), ask("/emq/coverage"),
    ]);
    showKpis(kpis);
    showIngest(ingest);
    showQuality(scores, coverage);
    say(at("error"), "");
  } catch (error) {
    if (error.status === 401) return signOut("Your session has ended. Sign in again.");
    const id = error.requestId ? ` (request ${error.requestId})` : "";
    say(at("error"), `${error.message}${id}`);
  } finally {
    refreshing = false;
  }
  if (token) schedule(isStale || !isLive ? TICK_MS : IDLE_MS);
}

// Asks again so long after the last time; five times as long while nobody looks.
function schedule(afterMs) {
  clearTimeout(timer);
  const due = refreshed + afterMs * (document.hidden ? 5 : 1);
  timer = setTimeout(refresh, Math.max(0, due - Date.now()));
}

// --- live ------------------------------------------------------------------------------------

// An EventSource cannot send the token in a header, and a URL is no place for one.
async function follow() {
  const own = (stream = new AbortController());
  while (token && stream === own) {
    try {
      await readStream(own.signal);
    } catch {
      // Gone: it is opened again below.
    }
    isLive = false;
    if (stream === own) await new Promise((resume) => setTimeout(resume, COME_BACK_MS));
  }
}

async function readStream(signal) {
  const headers = { authorization: `Bearer ${token}` };
  if (lastEventId) headers["last-event-id"] = lastEventId;
  const response = await fetch(`${BASE}/events/stream`, { headers, signal, cache: "no-store" });
  if (!response.ok) return;
  isLive = true;
  say(at("status"), "Refreshed as things change.");
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await chunks.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(hear);
  }
}

// Whatever changed, the answers are asked for again: a hint says where to look, not what is there.
function hear(block) {
  const id = /^id: ?(.*)$/m.exec(block);
  if (id) lastEventId = id[1];
  if (!/^event:/m.test(block)) return;
  if (refreshing) isStale = true;
  else schedule(TICK_MS);
}

async function start() {
  try {
    const me = await ask("/auth/me");
    say(at("who"), `${me.tenant.name} · ${me.email} · ${me.role}`);
  } catch (error) {
    if (error.status === 401) return signOut("");
    say(at("error"), error.message);
    timer = setTimeout(start, TICK_MS);
    return;
  }
  at("sign-in").hidden = true;
  at("answers").hidden = false;
  at("sign-out").hidden = false;
  say(at("status"), "Refreshed every second.");
  if (!stream) follow();
  await refresh();
}

function signOut(message) {
  clearTimeout(timer);
  stream?.abort();
  stream = null;
  lastEventId = "";
  token = null;
  samples = [];
  sessionStorage.removeItem("token");
  at("sign-in").hidden = false;
  at("answers").hidden = true;
  at("sign-out").hidden = true;
  say(at("who"), "");
  say(at("error"), message);
}

// Asks for the code of the second factor where one is wanted.
async function signIn(credentials) {
  const device = localStorage.getItem("device");
  const send = (code) =>
    ask("/auth/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...credentials, ...(device && { device_token: device }), ...(code && { code }) }),
    });
  let answer = await send();
  if (answer.next) {
    const setUp = answer.second_factor;
    const what = setUp
      ? `Your tenant wants a second factor. Add this secret to your app, and enter its code: ${setUp.secret}`
      : "The code of your second factor:";
    const code = prompt(what);
    if (!code) throw new Refused(0, "Signing in takes a code.");
    answer = await send(code);
    if (answer.recovery_codes) alert(`Keep these recovery codes: ${answer.recovery_codes.join("  ")}`);
  }
  localStorage.setItem("device", answer.device_token);
  return answer;
}

at("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const signedIn = await signIn({ email: form.get("email"), password: form.get("password") });
    token = signedIn.access_token;
    sessionStorage.setItem("token", token);
    event.target.reset();
    say(at("error"), "");
    await start();
  } catch (error) {
    const next = error.status === 401 ? " Check both, or make a new user with `stratum admin user create`." : "";
    say(at("error"), `${error.message}.${next}`.replace("..", "."));
  } finally {
    button.disabled = false;
  }
});
at("sign-out").addEventListener("click", () => {
  // The session ends on the server; where that cannot be reached it ends by itself.
  ask("/auth/logout", { method: "POST" }).catch(() => {});
  signOut("");
});
if (token) start();
