/**
 * The session, shared by the tabs of a browser. A refresh token can be spent once, so only the tab
 * that holds the lock spends it, and tells the others the new pair.
 */
import { Refused, refusal } from "./errors";

const KEPT = "stratum.session";
/** Kept in place of a refresh token that a cookie holds, which no script can read. */
const COOKIE = "cookie";
const LOCK = "stratum.refresh";
const EARLY = 0.8;

export interface Pair {
  access: string;
  refresh: string;
  /** When the access token should be exchanged, in ms since the epoch. */
  renewAt: number;
}

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface World {
  store: Store;
  channel: Channel;
  now(): number;
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T>;
  exchange(refresh: string): Promise<TokenAnswer>;
}

export interface TokenAnswer {
  access_token: string;
  /** Absent where a cookie holds it. */
  refresh_token?: string | null;
  expires_in: number;
}

export type SessionState = "open" | "closed" | "lost";

/** The session of one tab. */
export class Session {
  #pair: Pair | null = null;
  #state: SessionState = "closed";
  #pending: Promise<string | null> | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly world: World) {
    if (world.store.getItem(KEPT)) this.#state = "open";
    world.channel.onmessage = ({ data }) => this.#hear(data as { pair: Pair | null });
  }

  get state(): SessionState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): SessionState => this.#state;

  /** Begins a session with a pair just handed out. */
  open(answer: TokenAnswer): void {
    this.#take(this.#pairOf(answer));
    this.world.channel.postMessage({ pair: this.#pair });
  }

  /** Ends the session in every tab. */
  close(): void {
    this.#forget("closed");
    this.world.channel.postMessage({ pair: null });
  }

  /** A token that is good for a while, or `null` where nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#pair && this.#pair.renewAt > this.world.now()) return this.#pair.access;
    return this.#state === "open" ? this.renew(this.#pair?.access ?? null) : null;
  }

  /** A token other than `old`, which was refused or is old. */
  async renew(old: string | null): Promise<string | null> {
    this.#pending ??= this.world
      .exclusive(LOCK, () => this.#exchange(old))
      .finally(() => {
        this.#pending = null;
      });
    return this.#pending;
  }

  async #exchange(old: string | null): Promise<string | null> {
    // Another tab may have done it while this one waited for the lock.
    const current = this.#pair;
    if (current && current.access !== old && current.renewAt > this.world.now()) return current.access;
    const refresh = this.world.store.getItem(KEPT);
    if (!refresh) {
      this.#forget("lost");
      return null;
    }
    try {
      const pair = this.#pairOf(await this.world.exchange(refresh));
      this.#take(pair);
      this.world.channel.postMessage({ pair });
      return pair.access;
    } catch (error) {
      if (error instanceof Refused && error.status >= 400 && error.status < 429) {
        // A sign-in of another tab meanwhile is not ours to end.
        if (this.world.store.getItem(KEPT) === refresh) this.#forget("lost");
        return null;
      }
      throw error;
    }
  }

  #pairOf(answer: TokenAnswer): Pair {
    return {
      access: answer.access_token,
      refresh: answer.refresh_token ?? COOKIE,
      renewAt: this.world.now() + answer.expires_in * 1000 * EARLY,
    };
  }

  #take(pair: Pair): void {
    this.#pair = pair;
    this.world.store.setItem(KEPT, pair.refresh);
    this.#become("open");
  }

  #forget(state: SessionState): void {
    this.#pair = null;
    this.world.store.removeItem(KEPT);
    this.#become(state);
  }

  #hear({ pair }: { pair: Pair | null }): void {
    this.#pair = pair;
    this.#become(pair ? "open" : "closed");
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Asks for the refresh token in a cookie; a browser keeps such a one over HTTPS and on the own machine alone. */
export function cookieMode(): Record<string, string> {
  return isSecureContext ? { "x-session": "cookie" } : {};
}

async function exchange(refresh: string): Promise<TokenAnswer> {
  const isCookie = refresh === COOKIE;
  const response = await fetch("/api/v1/auth/refresh", {
    method: "POST",
    headers: { "content-type": "application/json", ...(isCookie ? cookieMode() : {}) },
    body: JSON.stringify(isCookie ? {} : { refresh_token: refresh }),
  }).catch(() => {
    throw new Refused(0, "unreachable", "");
  });
  const body = (await response.json().catch(() => null)) as { data: TokenAnswer } | null;
  if (!response.ok || !body) throw refusal(response, body);
  return body.data;
}

/** Without locks (a page over plain HTTP from another machine) each tab is on its own. */
async function exclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

const nowhere: Channel = { postMessage: () => {}, onmessage: null };

/** The session of this tab. */
export function browserSession(): Session {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("stratum.session") : nowhere;
  return new Session({ store: localStorage, channel, now: Date.now, exclusive, exchange });
}
