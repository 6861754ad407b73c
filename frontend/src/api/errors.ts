/** One thing that is wrong with a request: its code, what the code leaves open, and the same in English. */
export interface Detail {
  field: string;
  message: string;
  code?: string;
  params?: Record<string, string | number>;
}

/** A refusal of the API, or that it could not be reached (`status` 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Detail[] = [],
    readonly requestId: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** Reads the body of a refusal, whatever it holds. */
export function refusal(response: Response, body: unknown): Refused {
  const known = (typeof body === "object" && body !== null ? body : {}) as {
    error?: string;
    message?: string;
    details?: Detail[];
    request_id?: string;
  };
  const after = Number(response.headers.get("retry-after"));
  return new Refused(
    response.status,
    known.error ?? "unknown",
    known.message ?? `HTTP ${response.status}`,
    known.details ?? [],
    known.request_id ?? response.headers.get("x-request-id"),
    Number.isFinite(after) && after > 0 ? after : null,
  );
}

/** Whether asking again by itself can help: a store is away, the net is, or the server is busy. */
export function isPassing(error: unknown): boolean {
  return error instanceof Refused && (error.status === 0 || error.status === 503 || error.status === 502);
}
