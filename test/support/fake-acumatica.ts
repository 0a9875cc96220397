import { createAcumaticaClient, type AcumaticaClientOptions } from "../../src/acumatica/client.ts";
import type { Exchange } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { watchSpecs } from "./spec-watch.ts";
import { createStillClock } from "./still-clock.ts";

/** What the client sends must fit the vendor's specification; what a fake answers may be as wrong as it likes. */
const specs = watchSpecs();

export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: string;
}

export type Handle = (seen: Seen) => Response | Promise<Response>;

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
export const empty = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });
export const webPage = (title: string, status = 200): Response =>
  new Response(`<html><head><title>${title}</title></head></html>`, {
    status,
    headers: { "content-type": "text/html" },
  });
export const exception = (exceptionType: string, exceptionMessage: string, status = 500): Response =>
  json({ message: "An error has occurred.", exceptionMessage, exceptionType, stackTrace: "   at X" }, status);
export const noEntity = (): Response =>
  exception("PX.Api.ContractBased.NoEntitySatisfiesTheConditionException", "No entity satisfies the condition.");

/** Just enough of an Acumatica for the client's own tests: sign-in, cookies, sign-out; all else is up to `handle`. */
export function createFakeAcumatica(handle: Handle, signIn: Handle = () => empty(204)) {
  const seen: Seen[] = [];
  let session: string | undefined;
  let count = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const it: Seen = {
      method: request.method,
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: request.headers,
      body: await request.text(),
    };
    seen.push(it);
    if (it.path.endsWith("/auth/login")) {
      const response = await signIn(it);
      if (response.status !== 204) return response;
      session = `s${(count += 1)}=`;
      const headers = new Headers();
      headers.append("set-cookie", `ASP.NET_SessionId=${session}; path=/; HttpOnly`);
      headers.append("set-cookie", "Locale=Culture=en-US&TimeZone=GMTM0800A; path=/");
      return new Response(null, { status: 204, headers });
    }
    if (it.path.endsWith("/auth/logout")) {
      session = undefined;
      return empty(it.headers.get("content-length") === "0" ? 204 : 411);
    }
    if (it.path.endsWith("/entity")) return handle(it);
    if (!session || !(it.headers.get("cookie") ?? "").includes(`ASP.NET_SessionId=${session}`)) return empty(401);
    return handle(it);
  }
  return {
    seen,
    fetch: async (request: Request): Promise<Response> => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      try {
        return await answer(request);
      } finally {
        inFlight -= 1;
      }
    },
    /** The server forgets its session, as after ten idle minutes. */
    loseSession: (): void => (session = undefined),
    hasSession: (): boolean => session !== undefined,
    mostInFlight: (): number => mostInFlight,
    /** What was asked, in short: `GET SalesOrder/SO/1`, `login`. */
    calls: (): string[] =>
      seen.map(({ method, path }) => {
        const tail = path.replace(/^.*\/entity\/?/, "");
        return tail.startsWith("auth/") ? tail.slice(5) : `${method} ${tail.replace("Default/24.200.001/", "")}`;
      }),
  };
}

/** A client of a fake, with every option replaceable. */
export function createClientOf(
  fake: { fetch: (request: Request) => Promise<Response> },
  changes: Partial<AcumaticaClientOptions> = {},
) {
  const clock = createStillClock();
  const exchanges: Exchange[] = [];
  const client = createAcumaticaClient({
    address: {
      instanceUrl: "https://erp.example/23R2",
      tenant: "Main",
      endpointName: "Default",
      endpointVersion: "24.200.001",
    },
    credentials: () => Promise.resolve({ username: "api", password: "s3cret!" }),
    fetch: specs.requests(fake.fetch),
    clock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    log: silentLog,
    observe: (exchange) => exchanges.push(exchange),
    ...changes,
  });
  return { client, clock: (changes.clock ?? clock) as typeof clock, exchanges };
}
