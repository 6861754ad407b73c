/**
 * One live stream a browser: the tab that holds the lock reads it and tells the others what changed.
 * An event says what to ask for again, never a figure.
 */
import { session } from "./send";
import { events } from "./sse";

export interface Update {
  kind: string;
  data: Record<string, unknown>;
}

export type LiveState = "connecting" | "live" | "away";

interface Told {
  update?: Update;
  state?: LiveState;
  ask?: boolean;
}

const COME_BACK_MS = 2000;
/** The server shows life every 15 s; three times that without any is a dead connection. */
const SILENCE_MS = 45_000;

export class Live {
  state: LiveState = "connecting";
  /** When the last sign of life came, in ms since the epoch. */
  heardAt = 0;
  #lastId = "";
  readonly #channel = new BroadcastChannel("stratum.live");
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(private readonly onUpdate: (update: Update) => void) {
    this.#channel.onmessage = ({ data }) => this.#hear(data as Told);
    this.#channel.postMessage({ ask: true } satisfies Told);
    void this.#lead();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): LiveState => this.state;

  close(): void {
    this.#stop.abort();
    this.#channel.close();
  }

  async #lead(): Promise<void> {
    const { signal } = this.#stop;
    const read = async () => {
      while (!signal.aborted) {
        if (session.state === "open") await this.#read().catch(() => {});
        if (signal.aborted) return;
        this.#tell({ state: "away" });
        await new Promise((resume) => setTimeout(resume, COME_BACK_MS));
      }
    };
    if (!navigator.locks) return read();
    await navigator.locks.request("stratum.live", { signal }, read).catch(() => {});
  }

  async #read(): Promise<void> {
    const token = await session.token();
    if (!token) return;
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (this.#lastId) headers["last-event-id"] = this.#lastId;
    const signal = AbortSignal.any([this.#stop.signal, silence.signal]);
    const response = await fetch("/api/v1/events/stream", { headers, signal, cache: "no-store" });
    if (response.status === 401) await session.renew(token);
    if (!response.ok || !response.body) return;
    this.#tell({ state: "live" });
    const buffer = { text: "" };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      buffer.text += chunk.value;
      this.#tell({ state: "live" });
      for (const { id, event, data } of events(buffer)) {
        if (id) this.#lastId = id;
        if (data) this.#tell({ update: { kind: event, data: JSON.parse(data) as Record<string, unknown> } });
      }
    }
    clearTimeout(timer);
  }

  #tell(told: Told): void {
    this.#channel.postMessage(told);
    this.#hear(told);
  }

  #hear({ update, state, ask }: Told): void {
    if (ask) {
      if (this.heardAt) this.#channel.postMessage({ state: this.state } satisfies Told);
      return;
    }
    this.heardAt = Date.now();
    if (state && state !== this.state) {
      this.state = state;
      for (const listener of this.#listeners) listener();
    }
    if (update) this.onUpdate(update);
  }
}
