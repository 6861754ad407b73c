/** Requests with the session's token, without the types of the document. */
import { Refused, refusal } from "./errors";
import { browserSession } from "./session";

export const session = browserSession();

/** Sends with the token, and once more with a new one where the first was refused. */
export async function send(request: Request): Promise<Response> {
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

/** A request outside the document's JSON: a file to send, or one to fetch. */
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const token = await session.token();
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await send(new Request(path, { ...init, headers }));
  if (response.ok) return response;
  throw refusal(response, await response.json().catch(() => null));
}
