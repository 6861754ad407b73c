// A small Meta on this machine that takes the events of destinations, as the real one answers.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The token that it accepts. */
export const META_TOKEN = "EAAB-of-the-tests";

/** How the ids of events begin that say too little of their customer. */
export const POOR_ID = "poor-";

interface Sent {
  data: { event_id: string; event_name: string }[];
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** So are some of the demo's, the same each time they are sent. */
function isPoor(id: string): boolean {
  return id.startsWith(POOR_ID) || /^evt-.*a$/.test(id);
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const piece of request) text += String(piece);
  if (request.headers.authorization !== `Bearer ${META_TOKEN}`) {
    const message = "Error validating access token: the session has been invalidated";
    return say(response, 400, { error: { code: 190, message, fbtrace_id: "AbTests190" } });
  }
  const sent = JSON.parse(text) as Sent;
  const at = sent.data.findIndex(({ event_id }) => isPoor(event_id));
  if (at < 0) {
    return say(response, 200, { events_received: sent.data.length, messages: [], fbtrace_id: "AbTests1" });
  }
  say(response, 400, {
    error: {
      code: 100,
      error_subcode: 2804050,
      message: "Invalid parameter",
      error_user_title: "Not enough customer information parameter data for this event",
      error_data: { blame_field_specs: [[`data[${at}].user_data`]] },
      fbtrace_id: "AbTests100",
    },
  });
}

/** Serves until it is stopped; with the address that events are sent to. */
export async function startMeta(): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/v25.0`, stop };
}
