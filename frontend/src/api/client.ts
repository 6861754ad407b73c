import createClient, { type Middleware } from "openapi-fetch";
import { refusal } from "./errors";
import type { components, paths } from "./schema";
import { send, session } from "./send";

export type Schemas = components["schemas"];

const open =
  /\/api\/v1\/auth\/(?!me|logout|sessions|change-password|second-factor)|\/api\/v1\/config|\/health/;

const authorize: Middleware = {
  async onRequest({ request }) {
    if (open.test(new URL(request.url).pathname)) return;
    const token = await session.token();
    if (token) request.headers.set("authorization", `Bearer ${token}`);
  },
};

export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: send,
  // Lists are separated by commas.
  querySerializer: { array: { style: "form", explode: false } },
});
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
