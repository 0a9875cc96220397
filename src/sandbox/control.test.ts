import { describe, expect, test } from "vitest";
import { createMovableClock } from "../lib/clock.ts";
import { anOrder, callerOf, startAt } from "../../test/support/shipstation-visitor.ts";
import { createSandbox } from "./sandbox.ts";

type Members = Record<string, unknown>;

function controlled() {
  const sandbox = createSandbox({ clock: createMovableClock(() => startAt), seed: 5, orders: 2 });
  const control = async (method: string, path: string, body?: unknown): Promise<{ status: number; json: Members }> => {
    const response = await sandbox.shipstationFetch(
      new Request(`http://127.0.0.1:4411/_sandbox${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    return { status: response.status, json: (await response.json()) as Members };
  };
  const rows = async (path: string, member: string): Promise<Members[]> =>
    (await control("GET", path)).json[member] as Members[];
  const push = async (number: string): Promise<number> =>
    (await callerOf(sandbox.shipstationFetch).post("/orders/createorder", anOrder(number))).orderId;
  return { sandbox, control, rows, push };
}

describe("control routes", () => {
  test("are answered on both ports, listed, and never reach the system", async () => {
    const { sandbox, control } = controlled();
    expect((await control("GET", "")).json["routes"]).toContain("POST /_sandbox/labels");
    const other = await sandbox.acumaticaFetch(new Request("http://127.0.0.1:4410/_sandbox/stats"));
    expect(await other.json()).toEqual({
      shipstationCalls: 0,
      shipstationWriteCalls: 0,
      acumaticaCalls: 0,
      rateLimited: 0,
    });
    expect((await control("GET", "/nothing")).status).toBe(404);
  });

  test("sales orders are made, drawn or given, shown and edited", async () => {
    const { control, rows, sandbox } = controlled();
    expect((await control("POST", "/orders", { count: 3 })).status).toBe(201);
    const item = sandbox.acumatica.tables.stockItems[0]!.InventoryID;
    const given = await control("POST", "/orders", { order: { lines: [{ inventoryId: item, quantity: 4 }] } });
    expect(given.json["orders"]).toMatchObject([{ type: "SO", status: "Open", lines: [{ item, quantity: 4 }] }]);
    const orders = await rows("/orders", "orders");
    expect(orders).toHaveLength(6);
    const edited = await control("PATCH", `/orders/SO/${String(orders[0]?.["number"])}`, { status: "On Hold" });
    expect(edited.json).toMatchObject({ status: "On Hold", shipments: [] });
    expect((await control("PATCH", "/orders/SO/nope", { status: "Open" })).status).toBe(409);
    expect((await control("POST", "/orders", { number: 1 })).status).toBe(400);
  });

  test("labels: all, by numbers, by key with part of the lines, each in its own batch, and voids", async () => {
    const { control, rows, push } = controlled();
    for (const number of ["A", "B", "C", "D"]) await push(number);
    const labels = async (body: object): Promise<Members[]> =>
      (await control("POST", "/labels", body)).json["labels"] as Members[];
    expect(await labels({ orderNumbers: ["A"] })).toMatchObject([{ orderKey: "A", voided: false }]);
    expect(
      await labels({ orderKey: "B", items: [{ lineItemKey: "2", quantity: 1 }], carrierCode: "fedex" }),
    ).toMatchObject([{ carrierCode: "fedex", items: [{ sku: "NUT-1", quantity: 1 }] }]);
    const rest = await labels({ all: true, separately: true, packages: 2 });
    expect(rest).toHaveLength(6);
    expect(new Set(rest.map(({ batchId }) => batchId)).size).toBe(3);
    expect(await labels({ all: true })).toEqual([]);
    const voided = await control("POST", `/labels/${String(rest[0]?.["shipmentId"])}/void`);
    expect(voided.json).toEqual({ approved: true, message: "Label voided successfully" });
    expect((await rows("/shipstation/labels", "labels")).filter((label) => label["voided"])).toHaveLength(1);
    expect((await control("POST", "/labels", { orderKey: "Z" })).json).toEqual({ error: "There is no order Z." });
    expect((await control("POST", "/labels", { orderKey: "A", boxes: 2 })).status).toBe(400);
  });

  test("people mark as shipped, split, merge, cancel, delete and edit", async () => {
    const { control, rows, push } = controlled();
    const ids: number[] = [];
    for (const number of ["A", "B", "C", "D", "E"]) ids.push(await push(number));
    expect((await control("POST", "/mark-as-shipped", { orderKey: "A", trackingNumber: "T" })).status).toBe(201);
    expect((await control("POST", "/split", { orderKey: "B", parts: [{ "2": 1 }] })).json["orders"]).toHaveLength(2);
    expect((await control("POST", "/merge", { orderNumbers: ["C", "D"] })).json).toMatchObject({ mergedIds: [ids[3]] });
    expect((await control("POST", "/cancel", { orderId: ids[4] })).json).toMatchObject({ orderStatus: "cancelled" });
    const edited = await control("PATCH", `/shipstation/orders/${ids[2]}`, {
      internalNotes: "x",
      quantities: { "1": 0 },
    });
    expect(edited.json["items"]).toHaveLength(2);
    expect((await control("POST", "/delete", { orderKey: "E" })).json).toMatchObject({ deleted: true });
    const shown = await rows("/shipstation/orders", "orders");
    expect(shown.filter((order) => order["orderKey"] === "B")).toHaveLength(2);
    expect(shown.find((order) => order["orderKey"] === "D")).toMatchObject({ mergedInto: ids[2] });
  });

  test("time only goes forward", async () => {
    const { control } = controlled();
    expect((await control("POST", "/time", { advanceMs: 60_000 })).json).toEqual({ now: "2026-03-02T16:31:00.120Z" });
    expect((await control("POST", "/time", { advanceMs: -1 })).status).toBe(400);
  });

  test("settings of both systems are shown and changed; an unknown one is refused", async () => {
    const { control, sandbox } = controlled();
    const change = { shipstation: { webhooks: false, lockedUpdate: "refused" }, acumatica: { maxSessions: 1 } };
    expect((await control("PUT", "/settings", change)).json).toMatchObject(change);
    expect(sandbox.shipstation.options).toMatchObject(change.shipstation);
    expect(sandbox.acumatica.options.maxSessions).toBe(1);
    expect((await control("PUT", "/settings", { shipstation: { speed: 9 } })).status).toBe(400);
    expect((await control("GET", "/settings")).json).toMatchObject(change);
  });

  test("every ShipStation option can be set, so none is forgotten here", async () => {
    const { control, sandbox } = controlled();
    const { shipstation } = (await control("GET", "/settings")).json as { shipstation: Members };
    expect(Object.keys(shipstation).sort()).toEqual(Object.keys(sandbox.shipstation.options).sort());
    expect((await control("PUT", "/settings", { shipstation })).status).toBe(200);
  });

  test("faults are put, listed and taken away", async () => {
    const { control } = controlled();
    const bad = await control("PUT", "/faults", [{ system: "shipstation", kind: "late" }]);
    expect([bad.status, bad.json["error"]]).toEqual([400, expect.stringContaining("rules.0.delayMs")]);
    expect((await control("PUT", "/faults", { rules: [{ system: "shipstation", kind: "html" }] })).status).toBe(200);
    expect((await control("GET", "/faults")).json["rules"]).toMatchObject([{ kind: "html", fired: 0 }]);
    expect((await control("DELETE", "/faults")).json).toEqual({ rules: [] });
  });

  test("stats, check and journal tell what happened", async () => {
    const { control, push } = controlled();
    await push("A");
    expect((await control("GET", "/stats")).json).toMatchObject({ shipstationCalls: 1, shipstationWriteCalls: 1 });
    expect((await control("GET", "/check")).json).toMatchObject({ orders: 2, failed: 2 });
    expect((await control("GET", "/journal?limit=1")).json["shipstation"]).toMatchObject([
      { path: "/orders/createorder" },
    ]);
    expect((await control("POST", "/restart")).status).toBe(200);
  });

  test("a body that is no JSON is told so", async () => {
    const { sandbox } = controlled();
    const answer = await sandbox.shipstationFetch(
      new Request("http://127.0.0.1/_sandbox/time", { method: "POST", body: "soon" }),
    );
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining("not JSON") }]);
  });
});
