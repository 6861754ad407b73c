import { QueryClient } from "@tanstack/react-query";
import { isPassing, Refused } from "../api/errors";

const AGAIN_MS = 3000;

/** Answers of the API. The live stream says when they are old, so time alone does not. */
export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A store that is away comes back by itself; what was refused stays refused.
      retry: (count, error) => isPassing(error) && count < 2,
      retryDelay: AGAIN_MS,
      refetchInterval: ({ state }) => (isPassing(state.error) ? AGAIN_MS : false),
      refetchOnWindowFocus: true,
      throwOnError: false,
    },
    mutations: { retry: (count, error) => error instanceof Refused && error.status === 0 && count < 1 },
  },
});
