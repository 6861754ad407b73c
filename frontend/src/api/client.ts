import createClient, { type Middleware } from "openapi-fetch";
import { Refused, refusal } from "./errors";
import type { components, paths } from "./schema";
import { browserSession } from "./session";

export type Schemas = components["schemas"];

export const session = browserSession();

const open =
  /\/api\/v1\/auth\/(?!me|logout|sessions|change-password|second-factor)|\/api\/v1\/config|\/health/;

const authorize: Middleware = {
  async onRequest({ request }) {
    if (open.test(new URL(request.url).pathname)) return;
    const token = await session.token();
    if (token) request.headers.set("authorization", `Bearer ${token}`);
  },
};

/** Sends with the token, and once more with a new one where the first was refused. */
async function send(request: Request): Promise<Response> {
  const again = request.headers.has("authorization") ? request.clone() : null;
  const response = await fetch(request).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, "unreachable", "");
  });
  if (response.status !== 401 || !again) return response;
  const token = await session.renew(again.headers.get("authorization")?.slice("Bearer ".length) ?? null);
  if (!token) return response;
  again.headers.set("authorization", `Bearer ${token}`);
  return fetch(again);
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });
api.use(authorize);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The whole answer, or a {@link Refused}. */
export async function answer<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok || (data === undefined && response.status !== 204)) throw refusal(response, error);
  return data as T;
}

/** The `data` of an answer, or a {@link Refused}. */
export async function dataOf<T>(asked: Promise<Answered<{ data: T }>>): Promise<T> {
  return (await answer(asked)).data;
}

/** A request outside the document's JSON: a file to send, or one to fetch. */
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const token = await session.token();
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await send(new Request(path, { ...init, headers }));
  if (response.ok) return response;
  throw refusal(response, await response.json().catch(() => null));
}
