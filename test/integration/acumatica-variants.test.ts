import { afterEach, describe, expect, test } from "vitest";
import type { AcumaticaSandboxOptions } from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(acumatica: Partial<AcumaticaSandboxOptions>, options: WorldOptions = {}): Promise<World> {
  world = await createWorld({ orders: 2, ...options, sandbox: { acumatica } });
  return world;
}

interface Variant {
  name: string;
  site: Partial<AcumaticaSandboxOptions>;
  /** Before the first run. */
  before?: (here: World) => void;
  /** When the labels are bought, before they are read. */
  between?: (here: World) => void;
  after?: (here: World) => void;
  options?: WorldOptions;
}

const firstShipVia = (here: World) => here.sandbox.acumatica.tables.shipVias;

/** What nobody has established, each in the reading that the sandbox does not play by default. */
const variants: Variant[] = [
  {
    name: "a lost session is answered with the way to the sign-in page (lostSessionStatus 302)",
    site: { lostSessionStatus: 302 },
    between: (here) => here.sandbox.acumatica.restart(),
  },
  {
    name: "a lost session is answered with 401 (lostSessionStatus 401)",
    site: { lostSessionStatus: 401 },
    between: (here) => here.sandbox.acumatica.restart(),
  },
  {
    name: "new shipments are open, not on hold (holdShipmentsOnEntry false)",
    site: { holdShipmentsOnEntry: false },
  },
  { name: "the site packs by itself (autoPackage true)", site: { autoPackage: true } },
  {
    name: "packages need no box (boxIdRequired false)",
    site: { boxIdRequired: false },
    options: {
      connection: (file) => {
        const settings = file["settings"] as Record<string, object>;
        const given = Object.entries(settings["shipments"] ?? {}).filter(([name]) => name !== "box");
        return { ...file, settings: { ...settings, shipments: Object.fromEntries(given) } };
      },
    },
    after: (here) => expect(packages(here).every(({ BoxID }) => !BoxID)).toBe(true),
  },
  { name: "texts beyond their column are refused (tooLongText refuse)", site: { tooLongText: "refuse" } },
  {
    name: "a confirmed shipment still takes tracking numbers (trackingAfterConfirm allow)",
    site: { trackingAfterConfirm: "allow" },
  },
  {
    name: "the shipment total is validated on confirmation (validateShipmentTotal true)",
    site: { validateShipmentTotal: true },
  },
  { name: "operations take several polls (confirmPolls 3)", site: { confirmPolls: 3 } },
  { name: "operations are over with the answer (actionsAtOnce true)", site: { actionsAtOnce: true } },
  {
    name: "a Location holds the origin (locationForm absolute)",
    site: { locationForm: "absolute", confirmPolls: 1 },
  },
  {
    name: "a Location starts at the root, with the virtual directory in it",
    site: { locationForm: "path", confirmPolls: 1, instancePath: "/AcumaticaERP" },
    options: {
      connection: (file) => {
        const acumatica = file["acumatica"] as Record<string, string>;
        return { ...file, acumatica: { ...acumatica, instanceUrl: `${acumatica["instanceUrl"] ?? ""}/AcumaticaERP` } };
      },
    },
  },
  { name: "older builds list their endpoints barely (legacyEntityList true)", site: { legacyEntityList: true } },
  { name: "selecting an unknown field is refused (unknownSelect refuse)", site: { unknownSelect: "refuse" } },
  { name: "records carry links (linksInEntities true)", site: { linksInEntities: true } },
  {
    name: "orders cannot be listed with their lines, and shipments not with their packages (listsUnsupported)",
    site: { listsUnsupported: { SalesOrder: ["Details"], Shipment: ["Packages"], StockItem: ["CrossReferences"] } },
  },
  {
    name: "somebody else saves in between, once each time (concurrentEdits)",
    site: { concurrentEdits: { Shipment: 1, "Shipment/ConfirmShipment": 1 } },
  },
  {
    name: "an own van makes an order one to be picked up (willCallBy common-carrier)",
    site: { willCallBy: "common-carrier" },
    before: (here) => {
      for (const { OrderType, OrderNbr } of here.sandbox.acumatica.tables.salesOrders)
        here.sandbox.acumatica.editOrder(OrderType, OrderNbr, { shipVia: "LOCAL" });
    },
  },
  {
    name: "the Ship Via wants a package, and each box confirmed",
    site: {},
    before: (here) => {
      for (const via of firstShipVia(here)) Object.assign(via, { confirmationForEachBox: true, packageRequired: true });
    },
  },
  {
    name: "the Ship Via belongs to a carrier plug-in, which buys no second label",
    site: {},
    before: (here) => {
      for (const { CarrierID } of firstShipVia(here)) here.sandbox.acumatica.integrateShipVia(CarrierID);
    },
    after: (here) => expect(here.sandbox.acumatica.tables.carrierLabels).toEqual([]),
  },
];

const packages = (here: World) => here.sandbox.acumatica.tables.shipments.flatMap((shipment) => shipment.Packages);

test.for(variants)("the whole journey where $name", async ({ site, before, between, after, options }) => {
  const here = await started(site, options);
  before?.(here);
  await here.run("orders-out");
  here.buyAllLabels();
  between?.(here);
  await here.settle();
  expect(here.sandbox.check()).toMatchObject({ orders: 2, pushed: 2, shipped: 2, failed: 0, problems: [] });
  expect(here.sandbox.acumatica.tables.shipments.map(({ Status }) => Status)).toEqual(["Confirmed", "Confirmed"]);
  expect(packages(here)).toHaveLength(2);
  after?.(here);
});

test.for([500, 429] as const)(
  "where all licensed sessions are taken (answered %s) the connector waits, and goes on when one is free",
  async (loginLimitStatus) => {
    const here = await started({ loginLimitStatus, maxSessions: 0 });
    await here.run("orders-out");
    expect(here.sandbox.shipstation.tables.orders.size).toBe(0);
    expect(await here.app.store.get(connectionId)).toMatchObject({ state: "active" });
    here.sandbox.acumatica.options.maxSessions = 1;
    here.clock.advance(61_000);
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle();
    expect(here.sandbox.check()).toMatchObject({ orders: 2, pushed: 2, shipped: 2, failed: 0 });
  },
);

test.for(["Back Order", "Open"] as const)(
  "where an order with a remainder is %s after its first shipment, the second label ships the rest",
  async (remainderStatus) => {
    const here = await started({ remainderStatus }, { orders: 0 });
    const { acumatica, shipstation } = here.sandbox;
    const [item] = acumatica.tables.stockItems;
    const order = acumatica.createOrder({
      lines: [{ inventoryId: item!.InventoryID, quantity: 3, warehouseId: "MAIN" }],
    });
    await here.run("orders-out");
    const [sent] = [...shipstation.tables.orders.values()];
    const lineItemKey = sent!.items[0]!.lineItemKey ?? "";
    shipstation.buyLabels({ orderIds: [sent!.orderId], items: [{ lineItemKey, quantity: 1 }] });
    await here.settle();
    expect(order.Status).toBe(remainderStatus);
    shipstation.buyLabels({ orderIds: [sent!.orderId], items: [{ lineItemKey, quantity: 2 }] });
    await here.settle();
    expect([order.Status, order.Details[0]?.QtyOnShipments]).toEqual(["Completed", 3]);
    expect(acumatica.tables.shipments.map(({ ShippedQty }) => ShippedQty)).toEqual([1, 2]);
  },
);

describe("a change confined to lines", () => {
  const edited = async (lineChangesMoveLastModified: boolean): Promise<{ here: World; quantity: () => number }> => {
    const here = await started({ lineChangesMoveLastModified }, { orders: 1 });
    await here.run("orders-out");
    const [order] = here.sandbox.acumatica.tables.salesOrders;
    const [line] = order!.Details;
    // Longer ago than any poll reads back.
    here.clock.advance(1_800_000);
    await here.run("orders-out");
    here.sandbox.acumatica.editOrder(order!.OrderType, order!.OrderNbr, {
      lines: { quantity: { [line!.LineNbr]: line!.OrderQty + 3 } },
    });
    const quantity = (): number => {
      const [sent] = [...here.sandbox.shipstation.tables.orders.values()];
      const shown = sent!.items.find(({ lineItemKey }) => lineItemKey === String(line!.LineNbr));
      return line!.OrderQty - (shown?.quantity ?? 0);
    };
    here.clock.advance(120_000);
    await here.run("orders-out");
    return { here, quantity };
  };

  test("is in ShipStation after the next poll where it moves the order's time stamp", async () => {
    const { quantity } = await edited(true);
    expect(quantity()).toBe(0);
  });

  test("is found within the hour where it does not: open orders are read again, changed or not", async () => {
    const { here, quantity } = await edited(false);
    expect(quantity()).toBe(3);
    here.clock.advance(3_600_000);
    await here.run("orders-out");
    expect(quantity()).toBe(0);
  });

  test("costs one more list an hour, not one a poll", async () => {
    const lists: string[] = [];
    const here = await started(
      {},
      {
        orders: 1,
        network: (fetch) => (request) => {
          const { pathname, searchParams } = new URL(request.url);
          if (pathname.endsWith("/SalesOrder")) lists.push(searchParams.get("$filter") ?? "");
          return fetch(request);
        },
      },
    );
    await here.run("orders-out");
    for (let half = 0; half < 20; half += 1) {
      here.clock.advance(30_000);
      await here.run("orders-out");
    }
    expect(lists).toHaveLength(21);
    here.clock.advance(3_600_000);
    await here.run("orders-out");
    expect(lists.slice(21).map((filter) => filter.includes("Status eq 'Open'"))).toEqual([false, true]);
  });
});

test("a site that cannot list orders with their lines is asked so once, not again after a restart", async () => {
  const lists: string[] = [];
  const here = await started(
    { listsUnsupported: { SalesOrder: ["Details"] } },
    {
      network: (fetch) => (request) => {
        const url = new URL(request.url);
        if (/\/SalesOrder$/.test(url.pathname) && url.searchParams.has("$expand")) lists.push(url.href);
        return fetch(request);
      },
    },
  );
  await here.run("orders-out");
  await here.restart();
  here.clock.advance(120_000);
  await here.run("orders-out");
  expect(lists).toHaveLength(1);
  expect(here.sandbox.check()).toMatchObject({ pushed: 2 });
});

test("the connector deletes nothing, patches nothing and never asks for the archive", async () => {
  const methods = new Set<string>();
  const headers = new Set<string>();
  const here = await started(
    {},
    {
      network: (fetch) => (request) => {
        if (new URL(request.url).pathname.startsWith("/entity/")) {
          methods.add(request.method);
          for (const name of request.headers.keys()) headers.add(name);
        }
        return fetch(request);
      },
    },
  );
  await here.run("orders-out");
  here.buyAllLabels();
  await here.settle(4);
  expect(here.sandbox.check()).toMatchObject({ shipped: 2 });
  expect([...methods].sort()).toEqual(["GET", "POST", "PUT"]);
  expect([...headers]).not.toContain("px-apiarchive");
});

test("a non-stock kit travels and ships as the one line it is; a service and what the vendor sends stay behind", async () => {
  const here = await started({}, { orders: 0 });
  const { acumatica, shipstation } = here.sandbox;
  const [item, other] = acumatica.tables.stockItems;
  const order = acumatica.createOrder({
    warehouseId: "MAIN",
    lines: [
      { inventoryId: "KIT-STARTER", quantity: 2 },
      { inventoryId: "GIFTWRAP", quantity: 1 },
      { inventoryId: item!.InventoryID, quantity: 1 },
      { inventoryId: other!.InventoryID, quantity: 1 },
    ],
  });
  Object.assign(order.Details[3]!, { MarkForPO: true, POSource: "Drop-Ship" });
  await here.run("orders-out");
  const [sent] = [...shipstation.tables.orders.values()];
  expect(sent?.items.map(({ sku, quantity }) => [sku, quantity])).toEqual([
    ["KIT-STARTER", 2],
    [item!.InventoryID, 1],
  ]);
  here.buyAllLabels();
  await here.settle();
  const [shipment] = acumatica.tables.shipments;
  expect(shipment?.Status).toBe("Confirmed");
  expect(shipment?.Details.map(({ InventoryID, ShippedQty }) => [InventoryID, ShippedQty])).toEqual([
    ["KIT-STARTER", 2],
    [item!.InventoryID, 1],
  ]);
});

test("an open shipment that a person made is completed with carrier, date, package and mark before it is confirmed", async () => {
  const here = await started({}, { orders: 1 });
  await here.run("orders-out");
  const { acumatica } = here.sandbox;
  const [order] = acumatica.tables.salesOrders;
  here.buyAllLabels();
  const { fetch } = acumatica;
  const login = await fetch(
    new Request("http://127.0.0.1:4501/entity/auth/login", {
      method: "POST",
      body: JSON.stringify({ name: "connector", password: "sandbox-only", tenant: "Brand" }),
    }),
  );
  const cookie = login.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const wrapped = (value: unknown) => ({ value });
  await fetch(
    new Request("http://127.0.0.1:4501/entity/Default/24.200.001/Shipment", {
      method: "PUT",
      headers: { cookie },
      body: JSON.stringify({
        CustomerID: wrapped(order!.CustomerID),
        WarehouseID: wrapped(order!.Details[0]!.WarehouseID),
        ShipmentDate: wrapped("2020-01-01"),
        Hold: wrapped(false),
        Details: [{ OrderType: wrapped("SO"), OrderNbr: wrapped(order!.OrderNbr) }],
      }),
    }),
  );
  await here.settle();
  const [shipment, ...others] = acumatica.tables.shipments;
  expect(others).toEqual([]);
  const [label] = [...here.sandbox.shipstation.tables.shipments.values()];
  expect(shipment).toMatchObject({ Status: "Confirmed", UnlimitedPackages: true, ShipmentDate: label?.shipDate });
  expect(shipment?.Packages).toMatchObject([{ TrackingNbr: label?.trackingNumber }]);
});
