import { createMovableClock, type MovableClock } from "../../src/lib/clock.ts";
import type { Fetch } from "../../src/lib/http.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import {
  createShipStationSandbox,
  sandboxApiKey,
  sandboxApiSecret,
  type ShipStationSandbox,
} from "../../src/sandbox/shipstation/shipstation-sandbox.ts";
import { sandboxV2Key, type V2Options } from "../../src/sandbox/shipstation/v2/options.ts";
import { createShipStationV2Client } from "../../src/shipstation/v2/client.ts";
import type { ShipStationV2Client } from "../../src/shipstation/v2/client.types.ts";
import { startAt } from "./shipstation-visitor.ts";
import { watchSpecs, type SpecWatch } from "./spec-watch.ts";

const ownSpecs = watchSpecs();

/** One account, seen through V2 by our client and by a plain visitor. */
export interface V2Account {
  sandbox: ShipStationSandbox;
  clock: MovableClock;
  client: ShipStationV2Client;
  /** What our client asked, with the headers it sent. */
  asked: Request[];
  /** What the budget was told. */
  observed: { limit: number; remaining: number; resetSeconds: number }[];
  /** A visitor with the key. */
  get: (path: string, headers?: Record<string, string>) => Promise<{ status: number; headers: Headers; body: unknown }>;
  send: (method: string, path: string, body?: unknown) => Promise<{ status: number; headers: Headers; body: unknown }>;
  /** Makes an order through V1 and gives its id. */
  order: (orderKey: string, change?: object) => Promise<number>;
}

export const v2Origin = "https://shipstation.example";

export interface V2AccountOptions {
  v2?: Partial<V2Options>;
  network?: (fetch: Fetch) => Fetch;
  /** Holds every exchange of our client against V2's specification. */
  specs?: Pick<SpecWatch, "requests" | "answers">;
  /** Receives webhooks. */
  receiver?: Fetch;
}

export function v2Account(options: V2AccountOptions = {}): V2Account {
  const clock = createMovableClock(() => startAt);
  const sandbox = createShipStationSandbox({
    clock,
    random: createSeededRandom(5),
    addressValidationMs: 0,
    v2: options.v2,
    fetch: options.receiver,
  });
  const asked: Request[] = [];
  const observed: V2Account["observed"] = [];
  const specs = options.specs ?? ownSpecs;
  const answers = specs.answers(sandbox.fetch);
  const network = specs.requests(options.network?.(answers) ?? answers);
  const client = createShipStationV2Client({
    origin: v2Origin,
    credentials: () => Promise.resolve({ apiKey: sandboxV2Key }),
    budget: {
      take: () => Promise.resolve(),
      observe: (seen) => {
        observed.push(seen);
        return Promise.resolve();
      },
    },
    fetch: (request) => {
      asked.push(request.clone());
      return network(request);
    },
    clock,
    log: silentLog,
  });
  const send: V2Account["send"] = async (method, path, body) => {
    const headers = { "api-key": sandboxV2Key, "content-type": "application/json" };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    return shown(await answers(new Request(v2Origin + path, { method, headers, ...given })));
  };
  return {
    sandbox,
    clock,
    client,
    asked,
    observed,
    send,
    get: async (path, headers = { "api-key": sandboxV2Key }) =>
      shown(await answers(new Request(v2Origin + path, { headers }))),
    order: async (orderKey, change = {}) => {
      const address = {
        name: "Ann Example",
        street1: "1 Main St",
        city: "Austin",
        state: "TX",
        postalCode: "78701",
        country: "US",
      };
      const items = [
        {
          lineItemKey: "1",
          sku: "A",
          name: "Item A",
          quantity: 3,
          unitPrice: 5,
          weight: { value: 4, units: "ounces" },
        },
      ];
      const order = {
        orderKey,
        orderNumber: orderKey,
        orderDate: "2026-03-02 08:00:00",
        orderStatus: "awaiting_shipment",
      };
      const body = JSON.stringify({ ...order, billTo: address, shipTo: address, items, ...change });
      const authorization = `Basic ${Buffer.from(`${sandboxApiKey}:${sandboxApiSecret}`).toString("base64")}`;
      const headers = { authorization, "content-type": "application/json" };
      const request = new Request(`${v2Origin}/orders/createorder`, { method: "POST", headers, body });
      const { status, body: made } = await shown(await sandbox.fetch(request));
      if (status !== 200) throw new Error(`createorder answered ${status}: ${JSON.stringify(made)}`);
      return (made as { orderId: number }).orderId;
    },
  };
}

async function shown(response: Response): Promise<{ status: number; headers: Headers; body: unknown }> {
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
}
