/** The calls a crash can stand beside, by what the request is. The first that fits is the call's name. */
const calls: { name: string; method: string; path: RegExp; query?: RegExp; body?: RegExp }[] = [
  { name: "acumatica.sign-in", method: "POST", path: /\/entity\/auth\/login$/ },
  { name: "acumatica.sign-out", method: "POST", path: /\/entity\/auth\/logout$/ },
  { name: "acumatica.poll-confirm", method: "GET", path: /\/Shipment\/ConfirmShipment\/status\// },
  { name: "acumatica.confirm", method: "POST", path: /\/Shipment\/ConfirmShipment$/ },
  { name: "acumatica.write-packages", method: "PUT", path: /\/Shipment$/, body: /"ShipmentNbr"/ },
  { name: "acumatica.create-shipment", method: "PUT", path: /\/Shipment$/ },
  { name: "acumatica.read-shipment", method: "GET", path: /\/Shipment\/[^/]+$/ },
  { name: "acumatica.read-order", method: "GET", path: /\/SalesOrder\/[^/]+\/[^/]+$/ },
  { name: "acumatica.list-orders", method: "GET", path: /\/SalesOrder$/ },
  { name: "acumatica.list-items", method: "GET", path: /\/StockItem$/ },
  { name: "shipstation.create-orders", method: "POST", path: /\/orders\/createorders$/ },
  { name: "shipstation.save-order", method: "POST", path: /\/orders\/createorder$/ },
  { name: "shipstation.list-orders", method: "GET", path: /\/orders$/ },
  { name: "shipstation.list-voids", method: "GET", path: /\/shipments$/, query: /voidDate/ },
  { name: "shipstation.list-labels", method: "GET", path: /\/shipments$/ },
  { name: "shipstation.list-fulfillments", method: "GET", path: /\/fulfillments$/ },
  { name: "shipstation.save-product", method: "PUT", path: /\/products\/\d+$/ },
  { name: "shipstation.list-products", method: "GET", path: /\/products$/ },
  { name: "shipstation.subscribe", method: "POST", path: /\/webhooks\/subscribe$/ },
];
const writes = [
  "acumatica.create-shipment",
  "acumatica.write-packages",
  "acumatica.confirm",
  "shipstation.create-orders",
  "shipstation.save-order",
];

/** What a statement or a transaction does to the ledger, by what it writes. A transaction may do several of them. */
export const ledgerMoments = {
  "dispatches-effects": "insert effects",
  "settles-effects": "update effects",
  "moves-cursors": "insert cursors",
  "saves-records": "insert records",
  "settles-records": "update records",
  "freezes-plan": "insert shipment_plans",
  "saves-links": "insert links",
  "appends-audit": "insert audit",
  "claims-records": "claim",
} as const;

/** What must happen in the world for a point to be reached, beside orders that travel. */
export type Need = "edited" | "handmade" | "item" | "hook" | "signed-out" | "stop";

export interface CrashPoint {
  name: string;
  need?: Need;
  /** Reached many times in a minute: which time it is, is drawn. */
  isFrequent: boolean;
}

const needs: Record<string, Need> = {
  "acumatica.sign-in": "signed-out",
  "acumatica.sign-out": "stop",
  "acumatica.write-packages": "handmade",
  "shipstation.save-order": "edited",
  "shipstation.list-products": "item",
  "shipstation.save-product": "item",
  "shipstation.subscribe": "hook",
};

const rare = /sign-in|sign-out|write-packages|save-order|save-product|subscribe|freezes-plan|^start\./;

function point(name: string): CrashPoint {
  const need = Object.entries(needs).find(([call]) => name.startsWith(`${call}:`))?.[1];
  return { name, isFrequent: !rare.test(name), ...(need === undefined ? {} : { need }) };
}

/** Every place at which the service can be had killed, by name. */
export const crashPoints: readonly CrashPoint[] = [
  ...["start.nothing-done", "start.opening-database", "start.database-open", "start.before-engine"],
  ...calls.flatMap(({ name }) => [`${name}: before the first byte`, `${name}: after the answer`]),
  ...writes.map((name) => `${name}: under way`),
  ...Object.keys(ledgerMoments).flatMap((name) => [`ledger.${name}: before`, `ledger.${name}: after`]),
].map(point);

/** The name of the call that a request is; undefined for one that no point stands beside. */
export function callName(request: { method: string; url: string }, body: string): string | undefined {
  const { pathname, search } = new URL(request.url);
  const found = calls.find(
    (call) =>
      call.method === request.method &&
      call.path.test(pathname) &&
      (call.query?.test(search) ?? true) &&
      (call.body?.test(body) ?? true),
  );
  return found?.name;
}
