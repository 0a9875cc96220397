import { describe, expect, test } from "vitest";
import type { AcumaticaClientOptions } from "../../src/acumatica/client.ts";
import type { SalesOrder, ShipmentInput } from "../../src/acumatica/entities.ts";
import { ConnectorError } from "../../src/lib/errors.ts";
import type { Exchange } from "../../src/lib/http.ts";
import { createSeededRandom } from "../../src/lib/random.ts";
import {
  createAcumaticaSandbox,
  type AcumaticaSandbox,
  type AcumaticaSandboxOptions,
  type SalesOrderRow,
} from "../../src/sandbox/acumatica/acumatica-sandbox.ts";
import { createShop } from "../../src/sandbox/shop.ts";
import { createClientOf } from "../support/fake-acumatica.ts";
import { createStillClock } from "../support/still-clock.ts";
import { watchSpecs } from "../support/spec-watch.ts";

const address = {
  instanceUrl: "https://erp.example/AcumaticaERP",
  tenant: "Brand",
  endpointName: "Default",
  endpointVersion: "24.200.001",
};

interface Changes {
  site?: Partial<AcumaticaSandboxOptions>;
  client?: Partial<AcumaticaClientOptions>;
}

const specs = watchSpecs();

/** A site and a client of it, on one clock that only moves when somebody waits. */
function createPair({ site = {}, client: changes = {} }: Changes = {}) {
  const clock = createStillClock();
  const random = createSeededRandom(7);
  const sandbox = createAcumaticaSandbox({
    clock,
    random,
    shop: createShop(createSeededRandom(7)),
    instancePath: "/AcumaticaERP",
    tenants: ["Brand", "Other"],
    ...site,
  });
  const fetch = specs.requests(specs.answers((request) => sandbox.fetch(request)));
  const { client, exchanges } = createClientOf(
    { fetch },
    {
      address,
      clock,
      random,
      credentials: () => Promise.resolve({ username: "connector", password: "sandbox-only" }),
      ...changes,
    },
  );
  return { client, clock, sandbox, exchanges };
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof ConnectorError) return thrown;
  throw new Error(`expected a ConnectorError, got ${String(thrown)}`);
}

const entityCalls = (exchanges: Exchange[]): Exchange[] => exchanges.filter(({ url }) => !url.includes("/auth/"));

/** An order of two lines that may ship in parts, from one warehouse. */
function enterOrder({ createOrder, tables }: AcumaticaSandbox): SalesOrderRow {
  const [first, second] = tables.stockItems.filter(({ ItemStatus }) => ItemStatus === "Active");
  const warehouseId = tables.warehouses[0]!.WarehouseID;
  const order = createOrder({
    warehouseId,
    lines: [
      { inventoryId: first!.InventoryID, quantity: 5 },
      { inventoryId: second!.InventoryID, quantity: 2 },
    ],
  });
  order.ShippingSettings.ShippingRule = "Back Order Allowed";
  for (const line of order.Details) line.ShippingRule = "Back Order Allowed";
  return order;
}

/** Ships these quantities, by line number, in one package. */
const shipmentOf = (
  order: SalesOrder,
  quantities: Record<number, number>,
  label: number,
  boxId: string,
): ShipmentInput => ({
  CustomerID: order.CustomerID!,
  LocationID: order.LocationID!,
  WarehouseID: order.Details![0]!.WarehouseID!,
  ShipmentDate: "2024-05-01",
  Description: `[SS ${label}]`,
  Details: Object.entries(quantities).map(([lineNbr, quantity]) => ({
    OrderType: "SO",
    OrderNbr: order.OrderNbr!,
    OrderLineNbr: Number(lineNbr),
    ShippedQty: quantity,
  })),
  Packages: [{ BoxID: boxId, Weight: 1.5, TrackingNbr: `1Z${label}`, CustomRefNbr1: `SS${label}` }],
});

describe("signing in", () => {
  test("opens one session, keeps it, and gives it back", async () => {
    const { client, sandbox } = createPair();
    await client.signIn();
    await client.checkRights();
    expect(sandbox.sessionCount()).toBe(1);
    expect(sandbox.counts.signIns).toBe(1);
    await client.close();
    expect(sandbox.sessionCount()).toBe(0);
  });

  test("a wrong password is tried once, so the account is never locked", async () => {
    const wrong = () => Promise.resolve({ username: "connector", password: "wrong" });
    const { client, sandbox } = createPair({ client: { credentials: wrong } });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await failureOf(client.getSalesOrder("SO", "1"))).code).toBe("acumatica.credentials");
    }
    expect(sandbox.journal.filter(({ path }) => path.includes("/auth/login"))).toHaveLength(1);
  });

  test("an unknown tenant is named as such, and tried again when asked again", async () => {
    const { client, sandbox } = createPair({ client: { address: { ...address, tenant: "Brnad" } } });
    expect((await failureOf(client.signIn())).code).toBe("acumatica.tenant");
    expect((await failureOf(client.signIn())).code).toBe("acumatica.tenant");
    expect(sandbox.journal).toHaveLength(2);
  });

  test.for([500, 429] as const)("a full licence answered with %i is waited for", async (loginLimitStatus) => {
    const { client, sandbox } = createPair({ site: { maxSessions: 0, loginLimitStatus } });
    const error = await failureOf(client.listCustomers({ fromMs: 0, toMs: 1 }));
    expect(error).toMatchObject({ code: "acumatica.session-limit", retryAfterMs: 60_000 });
    sandbox.options.maxSessions = 1;
    await client.signIn();
    expect(sandbox.sessionCount()).toBe(1);
  });

  test("an idle session is given back before the ERP ends it", async () => {
    const { client, clock, sandbox } = createPair();
    await client.signIn();
    clock.advance(5 * 60_000);
    await client.closeIfIdle();
    expect(sandbox.sessionCount()).toBe(0);
  });
});

describe("endpoints", () => {
  test.for([true, false])("are listed without a session (older build: %s)", async (legacyEntityList) => {
    const { client, sandbox } = createPair({ site: { legacyEntityList } });
    const { build, endpoints } = await client.listEndpoints();
    expect(endpoints).toContainEqual({ name: "Default", version: "24.200.001" });
    expect(build === undefined).toBe(legacyEntityList);
    expect(sandbox.counts.signIns).toBe(0);
  });

  test.for(["json", "html", "empty"] as const)(
    "one that is not there is named, body %s",
    async (missingEndpointBody) => {
      const { client } = createPair({
        site: { missingEndpointBody },
        client: { address: { ...address, endpointVersion: "19.200.001" } },
      });
      expect((await failureOf(client.getSalesOrder("SO", "1"))).code).toBe("acumatica.endpoint-missing");
    },
  );

  test("a wrong virtual directory is a wrong address", async () => {
    const { client } = createPair({
      client: { address: { ...address, instanceUrl: "https://erp.example/Elsewhere" } },
    });
    const error = await failureOf(client.signIn());
    // A real site answers 404 or sends one to its sign-in page; both say that the address is wrong.
    expect(["acumatica.endpoint-missing", "network.redirected"]).toContain(error.code);
    expect(error.disposition).toBe("person");
  });
});

describe("rights", () => {
  test("all entities the connector needs can be read", async () => {
    const { client } = createPair();
    expect((await client.checkRights()).filter(({ error }) => error)).toEqual([]);
  });

  test("a missing form shows at its entity alone", async () => {
    const users = [{ name: "connector", password: "sandbox-only", rights: ["SO302000"] }];
    const { client } = createPair({ site: { users } });
    const wrong = (await client.checkRights()).filter(({ error }) => error);
    expect(wrong.map(({ entity, error }) => [entity, error?.code])).toEqual([["Shipment", "acumatica.rights"]]);
  });

  test("a form that was never set up is named", async () => {
    const { client } = createPair({ site: { setupMissing: { Shipment: "Sales Orders Preferences" } } });
    const found = (await client.checkRights()).find(({ entity }) => entity === "Shipment");
    expect(found?.error?.code).toBe("acumatica.setup-missing");
    expect(found?.error?.message).toContain("Sales Orders Preferences");
  });
});

describe("lists", () => {
  test("a page of changed orders is one request, with everything the export needs", async () => {
    const { client, clock, sandbox, exchanges } = createPair();
    const fromMs = clock.now();
    for (let count = 0; count < 60; count += 1) {
      sandbox.createOrder();
      clock.advance(1_000);
    }
    const orders = await client.listSalesOrders({ fromMs, toMs: clock.now() });
    expect(orders).toHaveLength(60);
    expect(entityCalls(exchanges)).toHaveLength(1);
    for (const order of orders) {
      expect(order.Details?.length).toBeGreaterThan(0);
      expect(order.ShipToAddress).toBeDefined();
      expect(order.ShipToContact).toBeDefined();
      expect(order.ShippingSettings).toBeDefined();
    }
  });

  test("many rows come complete and once each, though the site orders them as it likes", async () => {
    const { client, clock, sandbox } = createPair();
    const fromMs = clock.now();
    for (let count = 0; count < 450; count += 1) {
      sandbox.createOrder();
      clock.advance(700);
    }
    const orders = await client.listSalesOrders({ fromMs, toMs: clock.now() });
    expect(orders.map(({ OrderNbr }) => OrderNbr).sort()).toEqual(
      sandbox.tables.salesOrders.map(({ OrderNbr }) => OrderNbr).sort(),
    );
  });

  test("rows saved in one moment come complete", async () => {
    const { client, clock, sandbox } = createPair();
    for (let count = 0; count < 250; count += 1) sandbox.createOrder();
    const orders = await client.listSalesOrders({ fromMs: clock.now() - 3_600_000, toMs: clock.now() + 3_600_000 });
    expect(new Set(orders.map(({ OrderNbr }) => OrderNbr)).size).toBe(250);
  });

  test("neighbouring windows share nothing and lose nothing", async () => {
    const { client, clock, sandbox } = createPair();
    const fromMs = clock.now();
    for (let count = 0; count < 20; count += 1) {
      sandbox.createOrder();
      clock.advance(500);
    }
    const border = fromMs + 5_000;
    const before = await client.listSalesOrders({ fromMs, toMs: border });
    const after = await client.listSalesOrders({ fromMs: border, toMs: clock.now() });
    expect([before.length, after.length]).toEqual([10, 10]);
  });

  test("items and customers come with units, references and addresses", async () => {
    const { client, clock, sandbox } = createPair();
    const window = { fromMs: 0, toMs: clock.now() + 1 };
    const items = await client.listStockItems(window);
    expect(items.map(({ InventoryID }) => InventoryID).sort()).toEqual(
      sandbox.tables.stockItems.map(({ InventoryID }) => InventoryID).sort(),
    );
    expect(items.every(({ UOMConversions, CrossReferences }) => UOMConversions && CrossReferences)).toBe(true);
    const customers = await client.listCustomers(window);
    expect(customers).toHaveLength(sandbox.tables.customers.length);
    expect(customers.every(({ MainContact }) => MainContact?.Address?.Country)).toBe(true);
  });

  test("an entity whose list cannot be expanded is read record by record", async () => {
    const { client, clock, sandbox, exchanges } = createPair({
      site: { listsUnsupported: { SalesOrder: ["Details"], StockItem: ["CrossReferences"] } },
    });
    for (let count = 0; count < 5; count += 1) sandbox.createOrder();
    const window = { fromMs: 0, toMs: clock.now() + 1 };
    const orders = await client.listSalesOrders(window);
    expect(orders).toHaveLength(5);
    expect(orders.every(({ Details }) => Details && Details.length > 0)).toBe(true);
    const callsBefore = entityCalls(exchanges).length;
    await client.listSalesOrders(window);
    expect(entityCalls(exchanges)).toHaveLength(callsBefore + 6);
    expect(await client.listStockItems(window)).toHaveLength(sandbox.tables.stockItems.length);
  });
});

describe("single records", () => {
  test("an order is read with its lines, shipments and addresses", async () => {
    const { client, sandbox } = createPair();
    const row = enterOrder(sandbox);
    const order = await client.getSalesOrder("SO", row.OrderNbr);
    expect(order).toMatchObject({ OrderNbr: row.OrderNbr, Status: "Open", Shipments: [] });
    expect(order?.Details).toHaveLength(2);
    expect(order?.BillToAddress).toBeDefined();
  });

  test.for(["999999", "12/34", "#1", "50%", ".."])("the number %s that nobody has is undefined", async (nbr) => {
    const { client } = createPair();
    expect(await client.getSalesOrder("SO", nbr)).toBeUndefined();
    expect(await client.getShipment(nbr)).toBeUndefined();
  });

  test.for(["A/7", "#12 B-", "C+D"])("an order with the odd number %s is found", async (nbr) => {
    const { client, sandbox } = createPair();
    enterOrder(sandbox).OrderNbr = nbr;
    expect((await client.getSalesOrder("SO", nbr))?.OrderNbr).toBe(nbr);
  });
});

describe("shipping", () => {
  test.for([
    { name: "a Location that is a path", locationForm: "path" },
    { name: "an absolute Location", locationForm: "absolute" },
  ] as const)("create, append, confirm, with $name", async ({ locationForm }) => {
    const { client, sandbox, clock } = createPair({ site: { locationForm, confirmPolls: 3 } });
    const row = enterOrder(sandbox);
    const box = sandbox.tables.boxes[0]!.BoxID;
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const [first] = order.Details!;

    const made = await client.createShipment(shipmentOf(order, { [first!.LineNbr!]: 3 }, 77, box));
    expect(made).toMatchObject({ Status: "Open", Description: "[SS 77]", Hold: false });
    expect(made.Details).toMatchObject([{ OrderNbr: row.OrderNbr, OrderLineNbr: first!.LineNbr, ShippedQty: 3 }]);
    expect(made.Packages).toMatchObject([{ TrackingNbr: "1Z77", CustomRefNbr1: "SS77", Weight: 1.5 }]);
    expect(sandbox.tables.shipments[0]!.UnlimitedPackages).toBe(true);

    const appended = await client.updateShipment(made.ShipmentNbr!, {
      FreightCost: 7.5,
      Packages: [
        { id: made.Packages![0]!.id!, TrackingNbr: "1Z77-new", CustomRefNbr1: "SS77" },
        { BoxID: box, Weight: 2, TrackingNbr: "1Z78", CustomRefNbr1: "SS78" },
      ],
    });
    expect(appended.FreightCost).toBe(7.5);
    expect(appended.Packages?.map(({ TrackingNbr }) => TrackingNbr)).toEqual(["1Z77-new", "1Z78"]);

    const before = clock.slept.length;
    await client.confirmShipment(made.ShipmentNbr!);
    expect(clock.slept.slice(before).slice(0, 2)).toEqual([250, 500]);
    expect((await client.getShipment(made.ShipmentNbr!))?.Status).toBe("Confirmed");
    const after = await client.getSalesOrder("SO", row.OrderNbr);
    expect(after?.Shipments).toMatchObject([{ ShipmentNbr: made.ShipmentNbr }]);
    expect(after?.Details?.[0]).toMatchObject({ QtyOnShipments: 3, OpenQty: 2 });
  });

  test("an action that is over at once is over", async () => {
    const { client, sandbox } = createPair({ site: { actionsAtOnce: true } });
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const made = await client.createShipment(shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID));
    await client.confirmShipment(made.ShipmentNbr!);
    expect((await client.getShipment(made.ShipmentNbr!))?.Status).toBe("Confirmed");
  });

  test("confirming what is confirmed is refused with Acumatica's reason, and may have applied", async () => {
    const { client, sandbox } = createPair();
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const made = await client.createShipment(shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID));
    await client.confirmShipment(made.ShipmentNbr!);
    const error = await failureOf(client.confirmShipment(made.ShipmentNbr!));
    expect(error).toMatchObject({ code: "acumatica.business-rule", mayHaveApplied: true });
    expect(error.message).toContain("Confirmed status");
  });

  test("refused fields come back with their paths, and nothing is made", async () => {
    const { client, sandbox } = createPair();
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const input = shipmentOf(order, { 1: 99, 77: 1 }, 1, "NO-SUCH-BOX");
    const error = await failureOf(client.createShipment({ ...input, ShipVia: "NOWAY" }));
    expect(error).toMatchObject({ code: "acumatica.rejected", mayHaveApplied: false });
    expect(error.problems.map(({ field }) => field)).toEqual(
      expect.arrayContaining(["ShipVia", "Details[0].ShippedQty", "Details[1].OrderLineNbr", "Packages[0].BoxID"]),
    );
    expect(sandbox.tables.shipments).toEqual([]);
  });

  test("a simultaneous edit is told as such, and nothing is made", async () => {
    const { client, sandbox } = createPair({ site: { concurrentEdits: { Shipment: 1 } } });
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const input = shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID);
    const error = await failureOf(client.createShipment(input));
    expect(error).toMatchObject({ code: "acumatica.concurrent-edit", mayHaveApplied: false });
    expect((await client.createShipment(input)).ShipmentNbr).toBeDefined();
  });

  test("an update of a shipment that is gone makes no new one", async () => {
    const { client, sandbox } = createPair();
    const error = await failureOf(client.updateShipment("999999", { Description: "[SS 1]" }));
    expect(error.mayHaveApplied).toBe(false);
    expect(sandbox.tables.shipments).toEqual([]);
  });

  test.for(["20.200.001", "22.200.001", "23.200.001", "25.200.001"])(
    "works with Default/%s",
    async (endpointVersion) => {
      const { client, sandbox } = createPair({ client: { address: { ...address, endpointVersion } } });
      const row = enterOrder(sandbox);
      const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
      const made = await client.createShipment(shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID));
      await client.confirmShipment(made.ShipmentNbr!);
      expect((await client.getShipment(made.ShipmentNbr!))?.Status).toBe("Confirmed");
    },
  );
});

describe("a session that is lost", () => {
  test.for([401, 302] as const)("before a read is opened again (the site answers %i)", async (lostSessionStatus) => {
    const { client, sandbox } = createPair({ site: { lostSessionStatus } });
    const row = enterOrder(sandbox);
    await client.signIn();
    sandbox.restart();
    expect((await client.getSalesOrder("SO", row.OrderNbr))?.OrderNbr).toBe(row.OrderNbr);
    expect(sandbox.sessionCount()).toBe(1);
    expect(sandbox.counts.signIns).toBe(2);
  });

  test.for([401, 302] as const)("before a write is told, and the next write works (%i)", async (lostSessionStatus) => {
    const { client, sandbox } = createPair({ site: { lostSessionStatus } });
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const input = shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID);
    sandbox.restart();
    expect((await failureOf(client.createShipment(input))).code).toBe("acumatica.session-lost");
    expect(sandbox.tables.shipments).toEqual([]);
    expect((await client.createShipment(input)).ShipmentNbr).toBeDefined();
  });

  test("while an operation runs leaves its outcome to be read", async () => {
    const { client, sandbox } = createPair({
      client: {
        fetch: async (request) => {
          const isStatus = request.url.includes("/status/");
          if (isStatus) sandbox.restart();
          return sandbox.fetch(request);
        },
      },
    });
    const row = enterOrder(sandbox);
    const order = (await client.getSalesOrder("SO", row.OrderNbr))!;
    const made = await client.createShipment(shipmentOf(order, { 1: 1 }, 1, sandbox.tables.boxes[0]!.BoxID));
    const error = await failureOf(client.confirmShipment(made.ShipmentNbr!));
    expect(error).toMatchObject({ code: "acumatica.action-unfinished", mayHaveApplied: true });
    expect((await client.getShipment(made.ShipmentNbr!))?.Status).toBe("Open");
  });

  test("no credential is ever observed", async () => {
    const { client, exchanges } = createPair();
    await client.checkRights();
    await client.close();
    expect(JSON.stringify(exchanges)).not.toContain("sandbox-only");
  });
});
