import { expect, test } from "vitest";
import { Refused } from "../src/api/errors";
import { Session, type TokenAnswer, type World } from "../src/api/session";

/** A browser: one store, tabs that hear each other, one lock, and a server that takes a token once. */
class Browser {
  readonly kept = new Map<string, string>();
  readonly spent: string[] = [];
  readonly #tabs: { onmessage: ((event: MessageEvent) => void) | null }[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  now = 0;
  isAway = false;

  tab(): Session {
    const channel = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (data: unknown) => {
        for (const other of this.#tabs) if (other !== channel) other.onmessage?.({ data } as MessageEvent);
      },
    };
    this.#tabs.push(channel);
    const world: World = {
      store: {
        getItem: (key) => this.kept.get(key) ?? null,
        setItem: (key, value) => void this.kept.set(key, value),
        removeItem: (key) => void this.kept.delete(key),
      },
      channel,
      now: () => this.now,
      exclusive: <T>(_: string, work: () => Promise<T>) => {
        const done = this.#queue.then(work);
        this.#queue = done.catch(() => {});
        return done;
      },
      exchange: async (refresh) => this.#exchange(refresh),
    };
    return new Session(world);
  }

  pair(name: string): TokenAnswer {
    return { access_token: `access-${name}`, refresh_token: `refresh-${name}`, expires_in: 100 };
  }

  #exchange(refresh: string): TokenAnswer {
    if (this.isAway) throw new Refused(503, "unavailable", "");
    if (this.spent.includes(refresh)) throw new Refused(401, "unauthorized", "");
    this.spent.push(refresh);
    return this.pair(String(this.spent.length));
  }
}

test("tabs that renew at once spend one token", async () => {
  const browser = new Browser();
  const tabs = [browser.tab(), browser.tab(), browser.tab()];
  tabs[0]?.open(browser.pair("0"));
  browser.now = 99_000;
  const tokens = await Promise.all(tabs.map((tab) => tab.token()));
  expect(tokens).toEqual(["access-1", "access-1", "access-1"]);
  expect(browser.spent).toEqual(["refresh-0"]);
});

test("a tab opened later signs in by what the browser keeps", async () => {
  const browser = new Browser();
  browser.tab().open(browser.pair("0"));
  const later = browser.tab();
  expect(later.state).toBe("open");
  expect(await later.token()).toBe("access-1");
});

test("a spent token ends the session in its tab, and asks nobody for ever", async () => {
  const browser = new Browser();
  const tab = browser.tab();
  tab.open(browser.pair("0"));
  browser.spent.push("refresh-0");
  browser.now = 99_000;
  expect(await tab.token()).toBeNull();
  expect(tab.state).toBe("lost");
  expect(await tab.token()).toBeNull();
});

test("a server that is away ends no session", async () => {
  const browser = new Browser();
  const tab = browser.tab();
  tab.open(browser.pair("0"));
  browser.now = 99_000;
  browser.isAway = true;
  await expect(tab.token()).rejects.toThrow();
  browser.isAway = false;
  expect(tab.state).toBe("open");
  expect(await tab.token()).toBe("access-1");
});

test("signing out closes every tab", () => {
  const browser = new Browser();
  const [one, other] = [browser.tab(), browser.tab()];
  one.open(browser.pair("0"));
  expect(other.state).toBe("open");
  one.close();
  expect([one.state, other.state]).toEqual(["closed", "closed"]);
  expect(browser.kept.size).toBe(0);
});

test("a token that a cookie holds is never in reach of a script", async () => {
  const browser = new Browser();
  const tab = browser.tab();
  tab.open({ access_token: "access-0", expires_in: 100 });
  expect([...browser.kept.values()]).toEqual(["cookie"]);
  browser.now = 99_000;
  expect(await tab.token()).toBe("access-1");
  expect(browser.spent).toEqual(["cookie"]);
});
