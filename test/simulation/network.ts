import { asConnectorError } from "../../src/lib/errors.ts";
import { lookLast, type Fetch } from "../../src/lib/http.ts";
import type { Random } from "../../src/lib/random.ts";
import type { FaultPlan } from "./faults.ts";
import {
  brokenConnection,
  html,
  jsonHeaders,
  serverError,
  tooMany,
  unsaved,
  type System,
  type Whole,
} from "./network-answers.ts";
import type { Owner, Timeline } from "./timeline.ts";

/** A request on its way, with its body read. */
export interface Call {
  owner: Owner;
  system: System;
  origin: string;
  method: string;
  /** Lower case, with the query. */
  path: string;
  isWrite: boolean;
  body: string;
  headers: Headers;
}

/** Who looks at what travels. */
export interface NetworkWatch {
  /** Before the first byte leaves. */
  sending(call: Call): unknown;
  /** After anything was carried out, whether or not anybody learns of it. */
  reached(call: Call, answer: Whole, isLate: boolean): void;
  /** The sender, who still waited for it, has got the answer, whole and as it was given. */
  heard(call: Call): void;
  /** After a write was carried out, whether or not anybody learned of it. */
  carriedOut(call: Call, status: number): unknown;
}

export interface Network {
  of(owner: Owner): Fetch;
  /** Writes that were given up by their sender and have not been carried out yet. */
  late: Set<Call>;
}

/** ShipStation's second address is one that another account may be reached at. */
export const simulatedOrigins = {
  acumatica: "http://127.0.0.1:4501",
  shipstation: "http://127.0.0.1:4502",
  otherShipstation: "http://127.0.0.1:4503",
};
/** Acumatica may keep a request for ten minutes, and work on it for four (failures F6). ShipStation documents no queue. */
const latestMs = { acumatica: 14 * 60_000, shipstation: 25_000 };

/** The network between the processes and both sandboxes: takes time, and breaks as the plan wants. */
export function createNetwork(options: {
  timeline: Timeline;
  random: Random;
  faults: FaultPlan;
  systems: Record<System, Fetch>;
  watch: NetworkWatch;
  kill: (owner: Owner, why: string) => Promise<void>;
  /** A document whose calls fail for good. */
  cursed: () => string | undefined;
}): Network {
  const { timeline, random, faults, systems, watch, kill } = options;
  const late = new Set<Call>();

  /** The system itself; resolves with the whole answer. */
  async function carryOut(call: Call, request: Request, isLate = false): Promise<Whole> {
    const response = await systems[call.system](requestOf(call, request));
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    watch.reached(call, answer, isLate);
    if (call.isWrite) await watch.carriedOut(call, answer.status);
    return answer;
  }

  /** Carried out when the sender has long given up. */
  function carryOutLater(call: Call, request: Request): void {
    late.add(call);
    timeline.after(random.next() * latestMs[call.system], timeline.world, `late ${nameOf(call)}`, async () => {
      late.delete(call);
      await carryOut(call, request, true);
    });
  }

  /** New tokens are made, and the old ones are worth nothing, when nobody is there to learn of it. */
  async function loseTokens(call: Call, request: Request, answer: Answering): Promise<void> {
    const how = random.next();
    if (how < 0.25) {
      carryOutLater(call, request);
      return;
    }
    await carryOut(call, request);
    if (how < 0.5) await kill(call.owner, `before the answer of ${nameOf(call)}`);
    else if (how < 0.75) answer.fail(brokenConnection());
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
    if (isRefresh(call) && faults.strikes("refresh-token-lost")) return loseTokens(call, request, answer);
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
    answer.give(whole, () => watch.heard(call));
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
          give: (whole, heard) =>
            later(() => {
              // Whoever gave up before, be it that his process stood still, hears nothing of it: so does `fetch`.
              if (!request.signal.aborted) heard?.();
              resolve(responseOf(whole));
            }),
          fail: (error) => later(() => reject(error)),
        };
        timeline.after(1 + random.next() * 40, owner, `send ${nameOf(call)}`, async () => {
          try {
            lookLast(request);
          } catch (thrown) {
            reject(asConnectorError(thrown));
            return;
          }
          await send(call, request, answer);
        });
      });
    },
  };
}

interface Answering {
  give(whole: Whole, heard?: () => void): void;
  fail(error: Error): void;
}

export const nameOf = ({ system, method, path }: Call): string =>
  `${system === "acumatica" ? "erp" : "ship"} ${method} ${path.replace("/entity/default/24.200.001", "").split("?")[0]!}`;

async function callOf(owner: Owner, request: Request): Promise<Call> {
  const { origin, pathname, search } = new URL(request.url);
  const system = origin === simulatedOrigins.acumatica ? "acumatica" : "shipstation";
  if (!Object.values(simulatedOrigins).includes(origin)) throw new Error(`a request left for ${origin}`);
  const isWrite = request.method !== "GET" && !/\/auth\/|\/connect\//i.test(pathname);
  const body = request.method === "GET" ? "" : await request.clone().text();
  const { method, headers } = request;
  return { owner, system, origin, method, path: `${pathname}${search}`.toLowerCase(), isWrite, body, headers };
}

/** Of Acumatica's token endpoint: an old refresh token for new tokens. */
export const isRefresh = ({ path, body }: Call): boolean =>
  path.endsWith("/identity/connect/token") && body.includes("grant_type=refresh_token");

/** Detached from the sender: its giving up does not end what the system does. */
const requestOf = (call: Call, { url, method, headers }: Request): Request =>
  new Request(url, { method, headers, ...(call.body === "" ? {} : { body: call.body }) });

const responseOf = ({ status, headers, text }: Whole): Response =>
  new Response([204, 205, 304].includes(status) ? null : text, { status, headers });
