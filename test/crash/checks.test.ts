import { expect, test } from "vitest";
import { createMovableClock } from "../../src/lib/clock.ts";
import { createSandbox, sandboxApiKey, sandboxApiSecret, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { openTestDatabase } from "../support/database.ts";
import type { SandboxProcess } from "../support/service.ts";
import { whatIsLeft, whatIsMissing, whatIsTwice } from "./checks.ts";

/** The control routes of a sandbox in this process, as the checks ask a process for them. */
function asProcess(sandbox: Sandbox): SandboxProcess {
  const get = async <T>(path: string): Promise<T> =>
    (await sandbox.shipstationFetch(new Request(`http://shipstation/_sandbox${path}`))).json() as Promise<T>;
  return { get } as SandboxProcess;
}

/** Two orders of the ERP, the first of which somebody has typed into ShipStation. */
async function twoOrders() {
  const sandbox = createSandbox({
    ...{ clock: createMovableClock(), seed: 3, orders: 2, webhooks: false },
    shipstation: { lockedUpdate: "creates-new" },
  });
  const [order] = sandbox.acumatica.tables.salesOrders;
  const type = async (): Promise<void> => {
    const answer = await sandbox.shipstationFetch(
      new Request("http://shipstation/orders/createorder", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Basic ${btoa(`${sandboxApiKey}:${sandboxApiSecret}`)}`,
        },
        body: JSON.stringify({
          orderNumber: order!.OrderNbr,
          orderKey: order!.OrderNbr,
          orderDate: "2026-01-05T09:00:00.0000000",
          orderStatus: "awaiting_shipment",
          billTo: { name: "A" },
          shipTo: { name: "A", street1: "1 Way", city: "Austin", state: "TX", postalCode: "78701", country: "US" },
          items: order!.Details.map((line) => ({
            lineItemKey: String(line.LineNbr),
            ...{ sku: line.InventoryID.trim(), name: "A thing", quantity: line.OrderQty },
          })),
        }),
      }),
    );
    expect(answer.status, await answer.text()).toBe(200);
  };
  await type();
  return { sandbox, seen: asProcess(sandbox), order: order!, type };
}

test("an order that is in ShipStation a second time is seen", async () => {
  const { sandbox, seen, order, type } = await twoOrders();
  expect(await whatIsTwice(seen)).toEqual([]);
  const [copy] = [...sandbox.shipstation.tables.orders.values()];
  sandbox.shipstation.buyLabels({ orderIds: [copy!.orderId] });
  await type();
  expect(await whatIsTwice(seen)).toEqual([`order ${order.OrderNbr} is in ShipStation twice`]);
});

test("an order that is not in ShipStation and a label that is not in the ERP are seen", async () => {
  const { sandbox, seen, order } = await twoOrders();
  const [copy] = [...sandbox.shipstation.tables.orders.values()];
  const [label] = sandbox.shipstation.buyLabels({ orderIds: [copy!.orderId] });
  const missing = await whatIsMissing(seen);
  const other = sandbox.acumatica.tables.salesOrders.find(({ OrderNbr }) => OrderNbr !== order.OrderNbr);
  expect(missing).toContain(`order ${other!.OrderNbr} is not in ShipStation`);
  expect(missing).toContain(`tracking ${label!.trackingNumber} is not in the ERP`);
  expect(missing).toContain("0 of 2 orders are shipped");
});

test("a write whose outcome nobody knows is seen, and so is a record that stopped on its way", async () => {
  const opened = await openTestDatabase();
  try {
    const at = new Date(0);
    const none = { stop_code: null, stop_text: null, hook_token_hash: null, created_at: at, updated_at: at };
    await opened.db
      .insertInto("connections")
      .values({ id: "demo", name: "Demo", state: "active", settings: "{}", ...none })
      .execute();
    expect(await whatIsLeft(opened.db)).toEqual([]);
    const empty = { reason_code: null, reason_text: null, parent_key: null, remote_key: null, title: null };
    await opened.db
      .insertInto("records")
      .values({
        ...{ connection_id: "demo", kind: "order", key: "SO/1", state: "Failed", source: "{}", source_hash: "x" },
        ...{ ...empty, search: "", due_at: at, first_seen_at: at, changed_at: at },
      })
      .execute();
    await opened.db
      .insertInto("effects")
      .values({
        ...{ connection_id: "demo", effect_key: "ss-order:1:v1", kind: "order", key: "SO/1", state: "dispatched" },
        ...{ plan_hash: "x", plan: "{}", attempt: 1, fence: 1, dispatched_at: at, quarantine_until: at },
        ...{ settled_at: null, evidence: null },
      })
      .execute();
    const left = await whatIsLeft(opened.db);
    expect(left).toHaveLength(2);
    expect(left.join()).toContain("effect ss-order:1:v1 is dispatched");
    expect(left.join()).toContain("order SO/1 is Failed");
  } finally {
    await opened.close();
  }
});
