import type { Fetch } from "../../src/lib/http.ts";
import { createMovableClock, type MovableClock } from "../../src/lib/clock.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import {
  createShipStationSandbox,
  sandboxApiKey,
  sandboxApiSecret,
  type ShipStationSandbox,
  type ShipStationSandboxOptions,
} from "../../src/sandbox/shipstation/shipstation-sandbox.ts";
import { watchSpecs } from "./spec-watch.ts";

/** What visitors send may be wrong on purpose; what they are answered may not. */
const specs = watchSpecs();

/** A Monday, 08:30:00.120 in Los Angeles. */
export const startAt = Date.parse("2026-03-02T16:30:00.120Z");

/** Whatever an answer may hold, for tests to look at: one shape for all, of which each answer shows a part. */
export interface Shown {
  orderId: number;
  orderNumber: string;
  orderKey: string;
  orderStatus: string;
  createDate: string;
  modifyDate: string;
  customerId: number | null;
  shipmentId: number;
  shipmentItems: Record<string, unknown>[] | null;
  shipmentCost: number;
  shipTo: Record<string, unknown>;
  weight: { value: number };
  items: { orderItemId: number; lineItemKey: string | null; productId: number | null; quantity: number }[];
  advancedOptions: Record<string, unknown>;
  returnAddress: Record<string, unknown>;
  id: number;
  code: string;
  sku: string;
  storeId: number;
  productId: number;
  warehouseId: number;
  success: boolean;
  approved: boolean;
  orders: Shown[];
  shipments: Shown[];
  fulfillments: Shown[];
  products: Shown[];
  webhooks: Record<string, unknown>[];
  results: Shown[];
  hasErrors: boolean;
  total: number;
  pages: number;
  ModelState: Record<string, string[]>;
  ExceptionMessage: string;
  ExceptionType: string;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed where the answer was JSON; an empty object elsewhere. */
  json: Shown;
}

/** Any HTTP client: what a program that is not ours would do. */
export interface Caller {
  call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
  get: (path: string) => Promise<Shown>;
  /** Of an answer that is a bare array. */
  list: (path: string) => Promise<Shown[]>;
  post: (path: string, body: unknown) => Promise<Shown>;
}

export function callerOf(fetch: Fetch, origin = "https://ssapi.shipstation.com"): Caller {
  const authorization = `Basic ${Buffer.from(`${sandboxApiKey}:${sandboxApiSecret}`).toString("base64")}`;
  const call: Caller["call"] = async (method, path, body, headers = {}) => {
    const response = await fetch(
      new Request(`${origin}${path}`, {
        method,
        headers: { authorization, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    const json = (isJson ? JSON.parse(text) : {}) as Shown;
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    call,
    get: async (path) => (await call("GET", path)).json,
    list: async (path) => JSON.parse((await call("GET", path)).text) as Shown[],
    post: async (path, body) => (await call("POST", path, body)).json,
  };
}

export interface SmallAccount extends Caller {
  account: ShipStationSandbox;
  clock: MovableClock;
}

/** A seeded account on a clock that moves only by `advance`, without a limit of calls unless one is asked for. */
export function smallAccount(options: Partial<ShipStationSandboxOptions> = {}): SmallAccount {
  const clock = createMovableClock(() => startAt);
  const account = createShipStationSandbox({
    clock,
    random: createSeededRandom(7),
    callsPerMinute: 1_000_000,
    ...options,
  });
  return { account, clock, ...callerOf(specs.answers(account.fetch)) };
}

/** A small order that every rule lets through. */
export function anOrder(number: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    orderNumber: number,
    orderKey: number,
    orderDate: "2026-03-01",
    orderStatus: "awaiting_shipment",
    billTo: { name: "Ada Example" },
    shipTo: {
      name: "Ada Example",
      company: "Example Works",
      street1: "12 Main Street",
      city: "Austin",
      state: "TX",
      postalCode: "78701",
      country: "US",
      residential: true,
    },
    items: [aLine("1", "BOLT-1", 2), aLine("2", "NUT-1", 3)],
    ...change,
  };
}

export const aLine = (lineItemKey: string, sku: string, quantity: number): Record<string, unknown> => ({
  lineItemKey,
  sku,
  name: `Item ${sku}`,
  quantity,
  unitPrice: 2.5,
  weight: { value: 4, units: "ounces" },
});
