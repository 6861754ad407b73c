import { today } from "@internationalized/date";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { emqScore, ingest } from "../../api/queries";
import { useMe } from "../../app/me";
import { useFormat, useTexts } from "../../app/texts";
import { Score } from "../../ui/band";
import { Button } from "../../ui/button";
import { Asked, ErrorNote, Note } from "../../ui/panel";
import type { Door } from "./snippets/door";
import { doorOf } from "./snippets/doors";

const POLL_MS = 2000;
const KEY_TRIES = 4;
const KEY_PAUSE_MS = 1_000;
const SILENCE_MS = 60_000;

type Counts = Schemas["Ingest"];

/** What has come since this page was opened; older events do not count. */
export function Listening({
  dataset,
  secret,
  onEvent,
}: {
  dataset: Schemas["DatasetItem"] | null;
  secret: string | null;
  onEvent: () => void;
}) {
  const t = useTexts();
  const { tenant } = useMe();
  const day = today(tenant.time_zone).toString();
  const query = useQuery({ ...ingest({ date_from: day, date_to: day }), refetchInterval: POLL_MS });
  const first = useRef<Counts | null>(null);
  if (query.data && !first.current) first.current = query.data;
  const silent = useSilence();
  const since = query.data && first.current ? difference(query.data, first.current, dataset) : null;
  const hasLanded = (since?.landed ?? 0) + (since?.duplicate ?? 0) > 0;
  useEffect(() => {
    if (hasLanded) onEvent();
  }, [hasLanded, onEvent]);
  const door = dataset ? doorOf(dataset) : null;
  return (
    <Asked query={query} lines={2}>
      {() => (
        <div className="flex flex-col gap-3" aria-live="polite">
          {since && hasLanded ? (
            <Arrived landed={since.landed} duplicate={since.duplicate} day={day} dataset={dataset} />
          ) : (
            <p className="flex items-center gap-2 text-control text-ink-2">
              <span className="waiting size-2.5 rounded-full bg-accent" aria-hidden /> {t("listen.waiting")}
            </p>
          )}
          {since?.refused.map((one) => (
            <Note key={one.reason + one.field} kind="bad">
              <span className="font-medium">{t(`reject.${one.reason}` as never)}</span>{" "}
              {one.field ? (
                <code>
                  <bdi>{one.field}</bdi>
                </code>
              ) : null}
              <span className="block">{t(`reject.${one.reason}.remedy` as never)}</span>
            </Note>
          ))}
          {dataset && secret && door ? <SendTest dataset={dataset} secret={secret} door={door} /> : null}
          {silent && !hasLanded && since?.refused.length === 0 ? <Checklist /> : null}
        </div>
      )}
    </Asked>
  );
}

/** What came to the dataset between two answers. */
function difference(now: Counts, then: Counts, dataset: Schemas["DatasetItem"] | null) {
  const isIts = (one: { dataset_id: string; platform?: string | null }) =>
    !dataset ||
    (one.dataset_id === dataset.external_id && (one.platform ?? null) === (dataset.platform ?? null));
  const count = (counts: Counts, part: "landed" | "duplicate") =>
    counts.datasets.find((one) => one.kind === "event" && isIts(one))?.[part] ?? 0;
  const refused = now.rejections.filter(isIts).filter((one) => {
    const before = then.rejections.find(
      (other) =>
        other.reason === one.reason &&
        other.field === one.field &&
        other.dataset_id === one.dataset_id &&
        other.platform === one.platform,
    );
    return one.rows > (before?.rows ?? 0);
  });
  return {
    landed: count(now, "landed") - count(then, "landed"),
    duplicate: count(now, "duplicate") - count(then, "duplicate"),
    refused,
  };
}

function useSilence(): boolean {
  const [isSilent, setSilent] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSilent(true), SILENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSilent;
}

function Arrived({
  landed,
  duplicate,
  day,
  dataset,
}: {
  landed: number;
  duplicate: number;
  day: string;
  dataset: Schemas["DatasetItem"] | null;
}) {
  const t = useTexts();
  const format = useFormat();
  const score = useQuery(
    emqScore({
      from: day,
      to: day,
      platform: dataset?.platform ?? undefined,
      dataset_id: dataset?.external_id,
    }),
  );
  const found = score.data?.platforms[0];
  return (
    <Note kind="good">
      {t("listen.arrived", { landed: format.number(landed), duplicate: format.number(duplicate) })}
      {found ? (
        <span className="mt-1 flex items-center gap-2">
          {t("listen.score")} <Score score={found.score} band={found.band} reason={found.reason} />
        </span>
      ) : null}
    </Note>
  );
}

function SendTest({
  dataset,
  secret,
  door,
}: {
  dataset: Schemas["DatasetItem"];
  secret: string;
  door: Door;
}) {
  const t = useTexts();
  const [error, setError] = useState<unknown>(null);
  const [isSent, setSent] = useState(false);
  const send = async () => {
    setError(null);
    try {
      const { path, headers, body } = door.test(dataset.external_id, secret, Date.now());
      const post = async () => {
        const response = await fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(body),
        });
        const text = await response.text();
        // Some vendors tell their errors with status 200 and a code.
        return { text, isTaken: response.ok && !/"code":[1-9]/.test(text) };
      };
      let answer = await post();
      // A new key opens the door within two seconds.
      for (let tries = 0; !answer.isTaken && tries < KEY_TRIES; tries += 1) {
        await new Promise((resume) => setTimeout(resume, KEY_PAUSE_MS));
        answer = await post();
      }
      if (!answer.isTaken) throw new Error(answer.text);
      setSent(true);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button onPress={() => void send()}>{t("listen.test")}</Button>
      <span className="text-note text-ink-3">{t(isSent ? "listen.sent" : "listen.counts")}</span>
      {error ? <ErrorNote error={error} /> : null}
    </div>
  );
}

function Checklist() {
  const t = useTexts();
  return (
    <Note kind="warn">
      <p className="font-medium">{t("listen.silent")}</p>
      <ul className="list-inside list-disc">
        <li>{t("listen.check1", { origin: location.origin })}</li>
        <li>{t("listen.check2")}</li>
        <li>{t("listen.check3")}</li>
      </ul>
    </Note>
  );
}
