import type { Fetch } from "../../src/lib/http.ts";
import type { Random } from "../../src/lib/random.ts";
import type { FaultPlan } from "./faults.ts";
import type { Owner, Timeline } from "./timeline.ts";

/** A request on its way, with its body read. */
export interface Call {
  owner: Owner;
  system: "acumatica" | "shipstation";
  method: string;
  /** Lower case, with the query. */
  path: string;
  isWrite: boolean;
  body: string;
}

/** Who looks at what travels. */
export interface NetworkWatch {
  /** Before the first byte leaves. */
  sending(call: Call): unknown;
  /** After a write was carried out, whether or not anybody learned of it. */
  carriedOut(call: Call, status: number): unknown;
}

export interface Network {
  of(owner: Owner): Fetch;
  /** Writes that were given up by their sender and have not been carried out yet. */
  late: Set<Call>;
}

const origins = { acumatica: "http://127.0.0.1:4501", shipstation: "http://127.0.0.1:4502" };
export const simulatedOrigins = origins;
/** Acumatica may keep a request for ten minutes, and work on it for four (failures F6). ShipStation documents no queue. */
const latestMs = { acumatica: 14 * 60_000, shipstation: 25_000 };

/** The network between the processes and both sandboxes: takes time, and breaks as the plan wants. */
export function createNetwork(options: {
  timeline: Timeline;
  random: Random;
  faults: FaultPlan;
  systems: Record<Call["system"], Fetch>;
  watch: NetworkWatch;
  kill: (owner: Owner, why: string) => Promise<void>;
  /** A document whose calls fail for good. */
  cursed: () => string | undefined;
}): Network {
  const { timeline, random, faults, systems, watch, kill } = options;
  const late = new Set<Call>();

  /** The system itself; resolves with the whole answer. */
  async function carryOut(call: Call, request: Request): Promise<Whole> {
    const response = await systems[call.system](requestOf(call, request));
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    if (call.isWrite) await watch.carriedOut(call, answer.status);
    return answer;
  }

  /** Carried out when the sender has long given up. */
  function carryOutLater(call: Call, request: Request): void {
    late.add(call);
    timeline.after(random.next() * latestMs[call.system], timeline.world, `late ${nameOf(call)}`, async () => {
      late.delete(call);
      await carryOut(call, request);
    });
  }

  async function send(call: Call, request: Request, answer: Answering): Promise<void> {
    await watch.sending(call);
    if (faults.strikes("crash-before-send")) return kill(call.owner, `before sending ${nameOf(call)}`);
    await exchange(call, request, answer);
  }

  async function exchange(call: Call, request: Request, answer: Answering): Promise<void> {
    const isSignIn = call.path.includes("/auth/");
    if (faults.strikes("request-lost")) return;
    if (!isSignIn && call.isWrite && faults.strikes("executed-late")) {
      carryOutLater(call, request);
      if (random.next() < 0.5) answer.fail(brokenConnection());
      return;
    }
    if (faults.strikes("too-many-requests")) {
      answer.give(tooMany(call.system, random.next() < 0.5));
      return;
    }
    if (faults.strikes("html-200")) {
      answer.give(html());
      return;
    }
    const cursed = options.cursed();
    if (cursed !== undefined && `${call.path} ${call.body}`.toLowerCase().includes(cursed)) {
      if (faults.strikes("error-for-good")) {
        answer.give(serverError(call.system));
        return;
      }
    }
    if (call.path.endsWith("/confirmshipment") && faults.strikes("not-done-204")) {
      answer.give({ status: 204, headers: new Headers(), text: "" });
      return;
    }
    if (call.system === "acumatica" && call.method === "PUT" && faults.strikes("saved-nothing-200")) {
      answer.give({ status: 200, headers: jsonHeaders(), text: unsaved(call.body) });
      return;
    }
    if (faults.strikes("crash-after-send")) {
      // What has left is carried out, at once or out of the other side's queue.
      if (call.isWrite && random.next() < 0.5) carryOutLater(call, request);
      else await carryOut(call, request);
      return kill(call.owner, `after ${nameOf(call)} was sent`);
    }
    const whole = await carryOut(call, request);
    if (faults.strikes("answer-lost")) return;
    if (faults.strikes("reset-in-body")) {
      answer.fail(brokenConnection());
      return;
    }
    if (whole.status < 300 && faults.strikes("error-after-success")) {
      answer.give(serverError(call.system));
      return;
    }
    if (whole.text.length > 2 && faults.strikes("truncated-json")) {
      answer.give({ ...whole, text: whole.text.slice(0, Math.floor(whole.text.length / 2)) });
      return;
    }
    answer.give(whole);
  }

  return {
    late,
    of: (owner) => async (request) => {
      const call = await callOf(owner, request);
      return new Promise((resolve, reject) => {
        const later = (what: () => void): void => {
          timeline.after(5 + random.next() * 250, owner, `answer ${nameOf(call)}`, what);
        };
        const answer: Answering = {
          give: (whole) => later(() => resolve(responseOf(whole))),
          fail: (error) => later(() => reject(error)),
        };
        timeline.after(1 + random.next() * 40, owner, `send ${nameOf(call)}`, () => send(call, request, answer));
      });
    },
  };
}

interface Whole {
  status: number;
  headers: Headers;
  text: string;
}
interface Answering {
  give(whole: Whole): void;
  fail(error: Error): void;
}

export const nameOf = ({ system, method, path }: Call): string =>
  `${system === "acumatica" ? "erp" : "ship"} ${method} ${path.replace("/entity/default/24.200.001", "").split("?")[0]!}`;

async function callOf(owner: Owner, request: Request): Promise<Call> {
  const { origin, pathname, search } = new URL(request.url);
  const system = origin === origins.acumatica ? "acumatica" : "shipstation";
  if (origin !== origins[system]) throw new Error(`a request left for ${origin}`);
  const isWrite = request.method !== "GET" && !/\/auth\/|\/connect\//i.test(pathname);
  const body = request.method === "GET" ? "" : await request.clone().text();
  return { owner, system, method: request.method, path: `${pathname}${search}`.toLowerCase(), isWrite, body };
}

/** Detached from the sender: its giving up does not end what the system does. */
const requestOf = (call: Call, { url, method, headers }: Request): Request =>
  new Request(url, { method, headers, ...(call.body === "" ? {} : { body: call.body }) });

const responseOf = ({ status, headers, text }: Whole): Response =>
  new Response([204, 205, 304].includes(status) ? null : text, { status, headers });

const jsonHeaders = (): Headers => new Headers({ "content-type": "application/json" });

const brokenConnection = (): Error =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) });

function tooMany(system: Call["system"], withHeaders: boolean): Whole {
  const headers = jsonHeaders();
  if (withHeaders && system === "shipstation") {
    headers.set("x-rate-limit-limit", "40");
    headers.set("x-rate-limit-remaining", "0");
    headers.set("x-rate-limit-reset", "20");
  }
  return { status: 429, headers, text: system === "shipstation" ? "Too Many Requests" : "" };
}

const html = (): Whole => ({
  status: 200,
  headers: new Headers({ "content-type": "text/html; charset=utf-8" }),
  text: "<!DOCTYPE html><html><body>Please wait</body></html>",
});

const serverError = (system: Call["system"]): Whole => ({
  status: 500,
  headers: jsonHeaders(),
  text: JSON.stringify(
    system === "acumatica"
      ? {
          message: "An error has occurred.",
          exceptionMessage: "The server is busy.",
          exceptionType: "System.Exception",
        }
      : { Message: "An error has occurred." },
  ),
});

/** What Acumatica answers for a document that it did not save: what was sent, under no number. */
function unsaved(body: string): string {
  const sent = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify({ ...sent, ...(sent["ShipmentNbr"] === undefined ? { ShipmentNbr: { value: "<NEW>" } } : {}) });
}
