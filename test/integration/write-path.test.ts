import { afterEach, describe, expect, test } from "vitest";
import type { Fetch } from "../../src/lib/http.ts";
import { makeShipmentByHand } from "../support/erp-person.ts";
import { connectionId, createWorld, type World, type WorldOptions } from "../support/world.ts";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function started(options: WorldOptions = {}): Promise<World> {
  world = await createWorld({ orders: 1, ...options });
  return world;
}

const isUpdate = (request: Request, body: string): boolean =>
  request.method === "PUT" && /\/Shipment\b/.test(request.url) && body.includes("ShipmentNbr");

/** The network, with a word in edgeways: `around` sees each request with its body, and decides what is sent. */
const listening =
  (around: (request: Request, body: string, send: () => Promise<Response>) => Promise<Response>) =>
  (fetch: Fetch): Fetch =>
  async (request) =>
    around(request, request.body === null ? "" : await request.clone().text(), () => fetch(request));

const lost = (): never => {
  throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
};

const effects = (here: World) =>
  here.app.db.selectFrom("effects").selectAll().where("kind", "=", "label").orderBy("effect_key").execute();
const effect = async (here: World, prefix: string) =>
  (await effects(here)).find(({ effect_key: key }) => key.startsWith(prefix));
const confirms = (here: World) =>
  here.sandbox.acumatica.journal.filter(({ path }) => /ConfirmShipment$/i.test(path)).length;
const shipments = (here: World) => here.sandbox.acumatica.tables.shipments;

/** A label is printed for an order of which a person has just made the shipment: the package has to be appended. */
async function withShipmentByHand(here: World): Promise<void> {
  await here.run("orders-out");
  here.buyAllLabels();
  await makeShipmentByHand(here, here.sandbox.acumatica.tables.salesOrders[0]!);
}

async function minutes(here: World, count: number, eachMinute: () => void): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    here.clock.advance(60_000);
    await here.run("shipments-back");
    eachMinute();
  }
}

describe("a package that is appended, and whose answer is lost", () => {
  test("is not appended again before the quarantine is over, and nothing is confirmed meanwhile", async () => {
    let sent = 0;
    const here = await started({
      network: listening((request, body, send) => (isUpdate(request, body) && (sent += 1) === 1 ? lost() : send())),
    });
    await withShipmentByHand(here);
    await here.run("shipments-back");
    expect(await effect(here, "acu-pkg:")).toMatchObject({ state: "in_doubt" });
    await minutes(here, 14, () => {
      expect(sent).toBe(1);
      expect(confirms(here)).toBe(0);
    });
    await here.settle(20);
    expect(sent).toBe(2);
    expect(await effect(here, "acu-pkg:")).toMatchObject({ state: "done", attempt: 2 });
    expect(shipments(here)[0]?.Packages).toHaveLength(1);
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  });

  test("and that the ERP carries out minutes later is one package, found by its mark", async () => {
    let late: (() => Promise<Response>) | undefined;
    const here = await started({
      network: listening((request, body, send) => {
        if (!isUpdate(request, body) || late) return send();
        late = send;
        return lost();
      }),
    });
    await withShipmentByHand(here);
    await here.run("shipments-back");
    await minutes(here, 8, () => expect(confirms(here)).toBe(0));
    await late?.();
    await here.settle(20);
    expect(shipments(here)[0]?.Packages).toHaveLength(1);
    expect(await effect(here, "acu-pkg:")).toMatchObject({ state: "done", attempt: 1 });
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  });

  test("but which only filled a row by its id is repeated at once", async () => {
    let sent = 0;
    const here = await started({
      sandbox: { acumatica: { autoPackage: true } },
      network: listening((request, body, send) => (isUpdate(request, body) && (sent += 1) === 1 ? lost() : send())),
    });
    await withShipmentByHand(here);
    await here.run("shipments-back");
    here.clock.advance(2_000);
    await here.run("shipments-back");
    expect(sent).toBe(2);
    expect(shipments(here)[0]?.Packages).toHaveLength(1);
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  });
});

test("while our own create is in doubt a shipment made by hand is not confirmed beside it", async () => {
  let isFirst = true;
  const here = await started({
    network: listening((request, _body, send) => {
      if (request.method !== "PUT" || !/\/Shipment\b/.test(request.url) || !isFirst) return send();
      isFirst = false;
      return lost();
    }),
  });
  await here.run("orders-out");
  here.buyAllLabels();
  await here.run("shipments-back");
  await makeShipmentByHand(here, here.sandbox.acumatica.tables.salesOrders[0]!);
  await minutes(here, 14, () => expect(confirms(here)).toBe(0));
  await here.settle(20);
  expect(shipments(here)).toHaveLength(1);
  expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
});

/** An endpoint on which a shipment cannot say that it is packed elsewhere. */
const onVersion22 = (file: Record<string, unknown>): Record<string, unknown> => ({
  ...file,
  acumatica: { ...(file["acumatica"] as object), endpointVersion: "22.200.001" },
});

describe("the gate before a confirmation", () => {
  test("sees the labels afresh: one that was voided while its shipment was made stops it", async () => {
    let voidNow: (() => void) | undefined;
    const here = await started({
      network: listening(async (request, _body, send) => {
        const answer = await send();
        if (request.method === "PUT" && /\/Shipment\b/.test(request.url)) voidNow?.();
        return answer;
      }),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    const [label] = here.sandbox.shipstation.tables.shipments.keys();
    voidNow = () => {
      here.clock.advance(20_000);
      here.sandbox.shipstation.voidLabel(label!);
      voidNow = undefined;
    };
    await here.run("shipments-back");
    expect(confirms(here)).toBe(0);
    expect(await here.records("label")).toMatchObject([{ state: "Aborted", reason_code: "shipment.blocked" }]);
  });

  test("sees the labels when it is its turn to send, also after it stood still", async () => {
    let isStill = false;
    const here = await started({
      network: listening(async (request, _body, send) => {
        const answer = await send();
        if (request.url.includes("createDateStart") && isStill) {
          isStill = false;
          here.clock.advance(9 * 60_000);
          here.sandbox.shipstation.voidLabel([...here.sandbox.shipstation.tables.shipments.keys()][0]!);
        }
        return answer;
      }),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    // The read that begins the run is over when the shipment is made.
    const { shipments: rows } = here.sandbox.acumatica.tables;
    const push = rows.push.bind(rows);
    rows.push = (...made) => {
      isStill = true;
      here.clock.advance(11_000);
      return push(...made);
    };
    await here.settle(6);
    expect(isStill).toBe(false);
    expect(confirms(here)).toBe(0);
    expect(await here.records("label")).toMatchObject([{ state: "Aborted", reason_code: "shipment.blocked" }]);
  });

  test("is not passed, and that is said, while ShipStation takes too long to show the labels", async () => {
    let isSlow = true;
    const here = await started({
      network: listening((request, _body, send) => {
        if (isSlow && request.url.includes("createDateStart")) here.clock.advance(13_000);
        return send();
      }),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.run("shipments-back");
    expect(confirms(here)).toBe(0);
    expect(await here.records("label")).toMatchObject([{ state: "Failed", reason_code: "network.timeout" }]);
    isSlow = false;
    await here.settle(6);
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  });

  const poll = ["createDateStart", "voidDateStart"];
  test.for([
    { name: "what the poll has shown a moment ago is not asked again", printedMs: 0, pauseMs: 0, gate: [] },
    { name: "one list serves all shipments of some seconds", printedMs: 0, pauseMs: 11_000, gate: ["createDateStart"] },
    {
      name: "old labels are asked for by their order",
      printedMs: 3 * 3_600_000,
      pauseMs: 11_000,
      gate: Array.from({ length: 4 }, () => "orderId"),
    },
  ])("costs few calls of ShipStation: $name", async ({ printedMs, pauseMs, gate }) => {
    const asked: string[] = [];
    const here = await started({
      orders: 4,
      network: listening((request, _body, send) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname === "/shipments") asked.push([...searchParams.keys()].find((name) => /Start|orderId/.test(name))!);
        return send();
      }),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    here.clock.advance(printedMs);
    const { shipments: rows } = here.sandbox.acumatica.tables;
    const push = rows.push.bind(rows);
    rows.push = (...made) => {
      if (rows.length === 0) here.clock.advance(pauseMs);
      return push(...made);
    };
    await here.run("shipments-back");
    expect(here.sandbox.check()).toMatchObject({ shipped: 4, failed: 0, problems: [] });
    expect(asked).toEqual([...poll, ...gate]);
  });

  test("does not let Acumatica buy a label of its own, where the endpoint cannot say that it is packed elsewhere", async () => {
    const here = await started({ connection: onVersion22 });
    await here.run("orders-out");
    here.buyAllLabels();
    for (const { CarrierID } of here.sandbox.acumatica.tables.shipVias) {
      here.sandbox.acumatica.integrateShipVia(CarrierID);
    }
    await here.settle(6);
    expect(confirms(here)).toBe(0);
    expect(await here.records("label")).toMatchObject([{ state: "Aborted", reason_code: "shipment.buys-label" }]);
  });

  test("lets a shipment pass whose Ship Via has no carrier plug-in, on the same endpoint", async () => {
    const here = await started({ connection: onVersion22 });
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle(6);
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
  });

  test("is kept in the audit trail, with what it looked at", async () => {
    const here = await started();
    await here.run("orders-out");
    here.buyAllLabels();
    await here.settle(6);
    const [entry] = await here.app.db.selectFrom("audit").selectAll().where("event", "=", "shipment.gate").execute();
    const { ShipmentNbr } = shipments(here)[0]!;
    expect(entry?.detail).toMatchObject({ shipmentNbr: ShipmentNbr, equalsPlan: true, voided: 0 });
  });
});

test("a shipment that a person confirmed without the tracking number waits for a person, who corrects it", async () => {
  const here = await started();
  await withShipmentByHand(here);
  const { acumatica } = here.sandbox;
  // The label is planned, and its package not yet written.
  here.sandbox.faults.set([
    { system: "acumatica", kind: "status", status: 503, match: { method: "PUT", path: "/Shipment" }, times: 1 },
  ]);
  await here.run("shipments-back");
  const { ShipmentNbr } = shipments(here)[0]!;
  acumatica.confirmShipment(ShipmentNbr);
  here.clock.advance(16 * 60_000);
  await here.run("shipments-back");
  here.clock.advance(60_000);
  await here.run("shipments-back");
  expect(await here.records("label")).toMatchObject([
    { state: "Aborted", reason_code: "shipment.confirmed-without-tracking" },
  ]);
  expect(await effects(here)).not.toContainEqual(expect.objectContaining({ state: "in_doubt" }));
});

test("a second shipment that bears the label is found right after the confirmation", async () => {
  let twin: (() => void) | undefined;
  const here = await started({
    network: listening(async (request, _body, send) => {
      const answer = await send();
      if (/ConfirmShipment$/i.test(request.url)) twin?.();
      return answer;
    }),
  });
  await here.run("orders-out");
  here.buyAllLabels();
  twin = () => {
    const { tables } = here.sandbox.acumatica;
    const first = tables.shipments[0]!;
    const copy = { ...structuredClone(first), ShipmentNbr: "999999", Status: "Open", id: crypto.randomUUID() };
    tables.shipments.push(copy);
    const order = tables.salesOrders[0]!;
    order.Shipments.push({ ...order.Shipments[0]!, ShipmentNbr: "999999" });
    twin = undefined;
  };
  await here.run("shipments-back");
  const [record] = await here.records("label");
  expect(record).toMatchObject({ state: "Aborted", reason_code: "shipment.made-twice" });
  expect(JSON.stringify(record?.problems)).toContain("999999");
});

test("two workers at once make one shipment an order", async () => {
  const here = await started({ orders: 4 });
  await here.run("orders-out");
  here.buyAllLabels();
  for (let round = 0; round < 8; round += 1) {
    await Promise.all([here.run("shipments-back"), here.run("shipments-back")]);
    here.clock.advance(61_000);
  }
  expect(shipments(here)).toHaveLength(4);
  expect(here.sandbox.check()).toMatchObject({ shipped: 4, failed: 0, problems: [] });
});

test("two workers at once send an order once", async () => {
  const here = await started({ orders: 20 });
  for (let round = 0; round < 4; round += 1) {
    await Promise.all([here.run("orders-out"), here.run("orders-out")]);
    here.clock.advance(61_000);
  }
  expect(here.sandbox.check()).toMatchObject({ pushed: 20, failed: 0, problems: [] });
  const created = here.sandbox.shipstation.journal.filter(({ path }) => /createorder/i.test(path));
  expect(created.length).toBeLessThanOrEqual(2);
});

test("an update in doubt is not followed by another version before it can have landed", async () => {
  let isFirst = true;
  let late: (() => Promise<Response>) | undefined;
  const here = await started({
    network: listening((request, _body, send) => {
      if (!/createorder$/i.test(request.url) || !isFirst) return send();
      isFirst = false;
      late = send;
      return lost();
    }),
  });
  await here.run("orders-out");
  const order = here.sandbox.acumatica.tables.salesOrders[0]!;
  const [line] = order.Details;
  const change = (quantity: number) =>
    here.sandbox.acumatica.editOrder(order.OrderType, order.OrderNbr, {
      lines: { quantity: { [line!.LineNbr]: quantity } },
    });
  here.clock.advance(61_000);
  change(line!.OrderQty + 1);
  await here.run("orders-out");
  change(line!.OrderQty + 1);
  const newest = line!.OrderQty;
  here.clock.advance(6_000);
  await here.run("orders-out");
  const live = [...here.sandbox.shipstation.tables.orders.values()][0]!;
  const quantityThere = () => live.items.find(({ lineItemKey }) => lineItemKey === String(line!.LineNbr))?.quantity;
  expect(quantityThere()).toBe(newest - 2);
  await late?.();
  expect(quantityThere()).toBe(newest - 1);
  await here.settle(10);
  const after = [...here.sandbox.shipstation.tables.orders.values()];
  expect(after).toHaveLength(1);
  expect(after[0]?.items.find(({ lineItemKey }) => lineItemKey === String(line!.LineNbr))?.quantity).toBe(newest);
});

test.for([
  { name: "", setByMs: 0 },
  { name: ", whose clock was set back by three hours meanwhile,", setByMs: -3 * 3_600_000 },
])(
  "a worker that was paused between storing a write and sending it$name does not send that write",
  async ({ setByMs }) => {
    const sentAttempts: (number | undefined)[] = [];
    let wrongByMs = 0;
    const here: World = await started({
      wrongByMs: () => wrongByMs,
      network: listening(async (request, _body, send) => {
        if (request.method === "PUT") sentAttempts.push((await effect(here, "acu-create:"))?.attempt);
        return send();
      }),
    });
    await here.run("orders-out");
    here.buyAllLabels();
    const { db } = here.app;
    const transaction = db.transaction.bind(db);
    // The process stands still for a minute while the effect's transaction commits.
    let isPaused = false;
    db.transaction = () => {
      const builder = transaction();
      const execute = builder.execute.bind(builder);
      builder.execute = async (work) => {
        const before = await db.selectFrom("effects").select("effect_key").where("kind", "=", "label").execute();
        const result = await execute(work);
        const after = await db.selectFrom("effects").select("effect_key").where("kind", "=", "label").execute();
        if (after.length > before.length && !isPaused) {
          isPaused = true;
          here.clock.advance(60_000);
          wrongByMs = setByMs;
        }
        return result;
      };
      return builder;
    };
    await here.run("shipments-back");
    expect(isPaused).toBe(true);
    // Where the clock was set back, the next try may come in the same run: it stores the write anew.
    expect(sentAttempts).toEqual(setByMs === 0 ? [] : [2]);
    db.transaction = transaction;
    wrongByMs = 0;
    await here.settle(8);
    expect(here.sandbox.check()).toMatchObject({ shipped: 1, failed: 0, problems: [] });
    expect((await here.app.store.get(connectionId))?.state).toBe("active");
  },
);

test("orders that take long to store are sent all the same, and their quarantine begins when they may be sent", async () => {
  let sentAt = 0;
  const here = await started({
    orders: 3,
    network: listening((request, _body, send) => {
      if (request.method === "POST" && request.url.includes("createorders")) sentAt = here.clock.now();
      return send();
    }),
  });
  const { db } = here.app;
  const transaction = db.transaction.bind(db);
  // A busy database: every transaction takes twenty seconds.
  db.transaction = () => {
    const builder = transaction();
    const execute = builder.execute.bind(builder);
    builder.execute = (work) =>
      execute((tx) => {
        here.clock.advance(20_000);
        return work(tx);
      });
    return builder;
  };
  await here.run("orders-out");
  db.transaction = transaction;
  expect(sentAt).toBeGreaterThan(0);
  const effects = await db.selectFrom("effects").select(["dispatched_at", "quarantine_until"]).execute();
  expect(effects).toHaveLength(3);
  for (const effect of effects) {
    expect(sentAt - effect.dispatched_at!.getTime()).toBeLessThan(5_000);
    expect(effect.quarantine_until!.getTime() - effect.dispatched_at!.getTime()).toBe(30_000);
  }
  await here.settle(8);
  expect(here.sandbox.check()).toMatchObject({ orders: 3, pushed: 3, failed: 0, problems: [] });
});
