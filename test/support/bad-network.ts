import { setTimeout as pause } from "node:timers/promises";
import type { Fetch } from "../../src/lib/http.ts";

/** One exchange that goes wrong, once; the first whose `meets` says yes is used up by a request. */
export interface BadMoment {
  name: string;
  meets: (request: { method: string; path: string }) => boolean;
  happens: (request: Request, on: (request: Request) => Promise<Response>) => Promise<Response>;
}

/** A network on which the given moments happen in their order. `left` names those that have not happened yet. */
export function createBadNetwork(moments: readonly BadMoment[]): {
  around: (fetch: Fetch) => Fetch;
  left: () => string[];
} {
  const waiting = [...moments];
  return {
    left: () => waiting.map(({ name }) => name),
    around: (fetch) => (request) => {
      const { pathname } = new URL(request.url);
      const asked = { method: request.method, path: pathname.toLowerCase() };
      const index = waiting.findIndex(({ meets }) => meets(asked));
      const [moment] = index < 0 ? [] : waiting.splice(index, 1);
      return moment ? moment.happens(request, fetch) : fetch(request);
    },
  };
}

/** An answer that repeats everything it was asked with, as pages made for debugging do. */
export async function echoOf(request: Request): Promise<string> {
  const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.url}`, ...headers, await request.text()].join(" | ");
}

/** Never answers: `passTime` moves the clock past every deadline once the caller waits. */
export async function silence(request: Request, passTime: () => void): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  request.signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  await pause(0);
  passTime();
  return promise;
}

/** What Node's fetch throws when the connection breaks. */
export function broken(request: Request, code: string): never {
  const cause = Object.assign(new Error(`${code} ${request.url}`), { code });
  throw new TypeError("fetch failed", { cause });
}
