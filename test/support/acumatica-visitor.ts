import { createMovableClock, type MovableClock } from "../../src/lib/clock.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import {
  createAcumaticaSandbox,
  type AcumaticaSandbox,
  type AcumaticaSandboxOptions,
} from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { createShop } from "../../src/sandbox/shop.ts";
import { watchSpecs } from "./spec-watch.ts";

/** What visitors send may be wrong on purpose; what they are answered may not. */
const specs = watchSpecs();

export const origin = "https://erp.example";
/** A Monday, 08:30:00.120 UTC. */
export const startAt = Date.parse("2026-03-02T08:30:00.120Z");

export interface SmallSite {
  site: AcumaticaSandbox;
  clock: MovableClock;
}

/** A seeded site on a clock that moves only by `advance`. */
export function smallSite(options: Partial<AcumaticaSandboxOptions> = {}): SmallSite {
  const clock = createMovableClock(() => startAt);
  const random = createSeededRandom(7);
  const site = createAcumaticaSandbox({ clock, random, shop: createShop(random), ...options });
  return { site, clock };
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed where the answer was JSON, of whatever shape came. */
  json: ReturnType<typeof JSON.parse>;
}

/** Any HTTP client with a jar: what a program that is not ours would do. */
export interface Visitor {
  cookies: Map<string, string>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  signIn(credentials?: Partial<Record<"name" | "password" | "tenant" | "company", string>>): Promise<Answered>;
  signOut(): Promise<Answered>;
  /** Below `/entity/Default/<version>/`. */
  entity(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
}

export function visitor(site: AcumaticaSandbox, version = "24.200.001", root = ""): Visitor {
  const cookies = new Map<string, string>();
  const call: Visitor["call"] = async (method, path, body, headers = {}) => {
    const request = new Request(`${origin}${root}${path}`, {
      method,
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const response = await specs.answers(site.fetch)(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      const cut = pair.indexOf("=");
      if (pair.endsWith("=")) cookies.delete(pair.slice(0, cut));
      else cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
    }
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return {
    cookies,
    call,
    signIn: (credentials = {}) =>
      call("POST", "/entity/auth/login", {
        name: "connector",
        password: "sandbox-only",
        tenant: "Brand",
        ...credentials,
      }),
    signOut: () => call("POST", "/entity/auth/logout", ""),
    entity: (method, path, body, headers) => call(method, `/entity/Default/${version}/${path}`, body, headers),
  };
}

/** A site and somebody signed in to it. */
export async function signedIn(
  options: Partial<AcumaticaSandboxOptions> = {},
  version?: string,
): Promise<SmallSite & { visit: Visitor }> {
  const { site, clock } = smallSite(options);
  const visit = visitor(site, version);
  const { status } = await visit.signIn();
  if (status !== 204) throw new Error(`sign-in answered ${status}`);
  return { site, clock, visit };
}

/** The wrapped values of some members, row by row: what a test compares. */
export const column = (rows: unknown, ...names: string[]): unknown[][] =>
  (rows as Record<string, { value?: unknown }>[]).map((row) => names.map((name) => row[name]?.value));

/** A member somewhere inside an answer. */
export const memberAt = (json: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], json);

export const value = <T>(inner: T): { value: T } => ({ value: inner });
