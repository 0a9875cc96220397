import { demoCredentials } from "../../src/cli/demo-world.ts";
import type { SandboxProcess } from "../support/service.ts";

/** What happens to an order on its way, beside being pushed, labelled and shipped. */
export const scripts = ["plain", "parcels", "warehouses", "edited", "voided", "handmade"] as const;
export type Script = (typeof scripts)[number];

export interface ShipStationOrder {
  orderId: number;
  orderKey: string;
  orderNumber: string;
  orderStatus: string;
  deleted: boolean;
  items: { lineItemKey: string; sku: string; quantity: number }[];
}

export interface ErpOrder {
  type: string;
  number: string;
  status: string;
  customer: string;
  lines: { line: number; item: string; quantity: number; open: number; warehouse: string }[];
  shipments: {
    number: string;
    status: string;
    lines: { order: string; line: number; quantity: number }[];
    packages: { tracking: string | null }[];
  }[];
}

export interface LabelView {
  shipmentId: number;
  orderNumber: string;
  trackingNumber: string;
  voided: boolean;
}

interface Traveller {
  number: string;
  script: Script;
  /** Done once: the edit, or the shipment made by hand. */
  isPrepared: boolean;
}

/** The people of both systems, each order by its script. They act on what the two systems show, whatever the service does. */
export interface People {
  /** Enters one order a script. */
  enter(wanted: readonly Script[]): Promise<void>;
  /** Whatever can be done now. */
  act(): Promise<void>;
  /** What is only done while the service is down: a label that it sees already voided when it comes back. */
  actWhileDown(): Promise<void>;
  /** Orders that no label was bought for yet. */
  waiting(): number;
  /** Of these, the ones that `act` leaves alone. */
  waitingToBeVoided(): number;
  /** Takes charge of the orders that the shop began with. */
  adopt(): Promise<void>;
}

export function createPeople(sandbox: SandboxProcess): People {
  const open = new Map<string, Traveller>();
  const seen = new Set<string>();
  const orders = async () => (await sandbox.get<{ orders: ErpOrder[] }>("/orders")).orders;
  const known = async () => (await sandbox.get<{ orders: ShipStationOrder[] }>("/shipstation/orders")).orders;
  const label = (wishes: object) => sandbox.post<{ labels: LabelView[] }>("/labels", wishes);

  async function buy({ number, script }: Traveller, order: ErpOrder): Promise<void> {
    open.delete(number);
    const warehouses = Map.groupBy(order.lines, (line) => line.warehouse);
    if (script === "parcels") await label({ orderNumber: number, packages: 2 });
    else if (script === "warehouses") {
      for (const lines of warehouses.values()) {
        const items = lines.map(({ line, quantity }) => ({ lineItemKey: String(line), quantity }));
        await label({ orderNumber: number, items });
      }
    } else await label({ orderNumber: number });
  }

  async function prepare(traveller: Traveller, order: ErpOrder): Promise<void> {
    traveller.isPrepared = true;
    if (traveller.script === "edited") {
      const [line] = order.lines;
      const quantity = { [line!.line]: line!.quantity + 1 };
      await sandbox.send("PATCH", `/orders/${order.type}/${order.number}`, { lines: { quantity } });
    } else await makeShipment(sandbox.origins.acumatica, order);
  }

  /** Each waiting order that ShipStation has as it stands in the ERP. */
  async function eachReady(work: (traveller: Traveller, order: ErpOrder) => Promise<void>): Promise<void> {
    if (open.size === 0) return;
    const there = new Map((await known()).filter(({ deleted }) => !deleted).map((order) => [order.orderNumber, order]));
    for (const order of await orders()) {
      const traveller = open.get(order.number);
      const copy = there.get(order.number);
      if (traveller && copy && hasSamePieces(order, copy)) await work(traveller, order);
    }
  }

  return {
    enter: async (wanted) => {
      for (const script of wanted) {
        const lines = script === "warehouses" ? await linesOfTwoWarehouses(await orders()) : undefined;
        const entered = await sandbox.post<{ orders: ErpOrder[] }>(
          "/orders",
          lines ? { order: { lines } } : { count: 1 },
        );
        for (const { number } of entered.orders) {
          seen.add(number);
          open.set(number, { number, script, isPrepared: false });
        }
      }
    },
    act: () =>
      eachReady(async (traveller, order) => {
        if (traveller.script === "voided") return;
        const needsMore = traveller.script === "edited" || traveller.script === "handmade";
        if (needsMore && !traveller.isPrepared) await prepare(traveller, order);
        else await buy(traveller, order);
      }),
    actWhileDown: () =>
      eachReady(async ({ number, script }) => {
        if (script !== "voided") return;
        open.delete(number);
        const [bought] = (await label({ orderNumber: number })).labels;
        await sandbox.send("POST", `/labels/${bought!.shipmentId}/void`, {});
        await label({ orderNumber: number });
      }),
    waiting: () => open.size,
    waitingToBeVoided: () => [...open.values()].filter(({ script }) => script === "voided").length,
    adopt: async () => {
      for (const { number } of await orders()) {
        if (!seen.has(number)) open.set(number, { number, script: "plain", isPrepared: false });
      }
    },
  };
}

function hasSamePieces(order: ErpOrder, copy: ShipStationOrder): boolean {
  const there = new Map(copy.items.map((item) => [item.lineItemKey, item.quantity]));
  return order.lines.every(({ line, quantity }) => there.get(String(line)) === quantity);
}

/** One line of each of two warehouses, of items that were ordered there before. */
async function linesOfTwoWarehouses(orders: readonly ErpOrder[]): Promise<object[]> {
  const lines = Map.groupBy(
    orders.flatMap((order) => order.lines),
    (line) => line.warehouse,
  );
  const two = [...lines.values()].slice(0, 2).map(([line]) => line!);
  if (two.length < 2) throw new Error("The sandbox's first orders are all of one warehouse: take another seed.");
  return Promise.resolve(
    two.map(({ item, warehouse }) => ({ inventoryId: item, quantity: 2, warehouseId: warehouse })),
  );
}

/** Somebody ships in the ERP itself: a plain open shipment without packages, which the connector is to adopt and complete. */
async function makeShipment(origin: string, order: ErpOrder): Promise<void> {
  const credentials = {
    name: demoCredentials.username,
    password: demoCredentials.password,
    tenant: demoCredentials.tenant,
  };
  const headers = { "content-type": "application/json" };
  const signedIn = await fetch(`${origin}/entity/auth/login`, {
    ...{ method: "POST", headers, body: JSON.stringify(credentials) },
  });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((text) => text.split(";")[0])
    .join("; ");
  for (const warehouse of new Set(order.lines.map((line) => line.warehouse))) {
    const body = {
      CustomerID: { value: order.customer },
      WarehouseID: { value: warehouse },
      Hold: { value: false },
      Details: [{ OrderType: { value: order.type }, OrderNbr: { value: order.number } }],
    };
    const saved = await fetch(`${origin}/entity/Default/24.200.001/Shipment`, {
      ...{ method: "PUT", headers: { ...headers, cookie }, body: JSON.stringify(body) },
    });
    if (!saved.ok) throw new Error(`The shipment could not be made by hand: ${saved.status} ${await saved.text()}`);
  }
  await fetch(`${origin}/entity/auth/logout`, { method: "POST", headers: { cookie } });
}
