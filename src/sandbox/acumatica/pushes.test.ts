import { afterEach, expect, test } from "vitest";
import { readRecorded, describeRecorded } from "../../../test/support/recorded.ts";
import { visitor } from "../../../test/support/acumatica-visitor.ts";
import { createMovableClock } from "../../lib/clock.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "../sandbox.ts";

const url = "https://connector.example.com/hooks/acumatica/token";
const header = { name: "X-Doorbell-Key", value: "key" };

let received: { headers: Headers; text: string; body: Record<string, unknown> }[] = [];
let answers: (number | "nobody")[] = [];
afterEach(() => {
  received = [];
  answers = [];
});

/** A site that tells changes of orders to a receiver which answers as listed, and then 202. */
function site(options: SandboxOptions["acumatica"] = {}, watches: "SalesOrder" | "StockItem" = "SalesOrder"): Sandbox {
  const sandbox = createSandbox({
    clock: createMovableClock(() => Date.UTC(2026, 0, 5, 17, 0, 23, 100)),
    seed: 1,
    fetch: async (request) => {
      const text = await request.text();
      received.push({ headers: request.headers, text, body: JSON.parse(text) as Record<string, unknown> });
      const answer = answers.shift() ?? 202;
      if (answer === "nobody") throw new TypeError("fetch failed");
      return new Response(null, { status: answer });
    },
    acumatica: options,
  });
  sandbox.acumatica.createOrder();
  sandbox.acumatica.pushes.add({ query: "Orders", watches, url, header });
  return sandbox;
}
const order = (sandbox: Sandbox) => sandbox.acumatica.tables.salesOrders.at(-1)!;

test("a new row comes as Inserted, with bare values under the inquiry's names and the one header", async () => {
  const sandbox = site();
  const made = sandbox.acumatica.createOrder();
  await sandbox.drainHooks();
  expect(received).toHaveLength(1);
  expect(received[0]!.headers.get(header.name)).toBe(header.value);
  expect(received[0]!.body).toMatchObject({
    Inserted: [
      {
        OrderType: "SO",
        OrderNbr: made.OrderNbr,
        Status: "Open",
        SOOrder_lastModifiedDateTime: "2026-01-05T17:00:23.1",
      },
    ],
    Deleted: [],
    Query: "Orders",
    CompanyId: "Brand",
    Id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    AdditionalInfo: {},
  });
});

test("an update is the old row in Deleted, its key padded and its time the later one, and the new row in Inserted", async () => {
  const sandbox = site();
  const { OrderType, OrderNbr } = order(sandbox);
  sandbox.acumatica.editOrder(OrderType, OrderNbr, { status: "On Hold" });
  await sandbox.drainHooks();
  const { Inserted, Deleted } = received[0]!.body as Record<string, Record<string, string>[]>;
  expect([Inserted![0]!["Status"], Deleted![0]!["Status"]]).toEqual(["On Hold", "Open"]);
  expect([Inserted![0]!["OrderNbr"], Deleted![0]!["OrderNbr"]]).toEqual([OrderNbr, OrderNbr.padEnd(15)]);
  const stamp = "SOOrder_lastModifiedDateTime";
  expect(Deleted![0]![stamp]! > Inserted![0]![stamp]!).toBe(true);
});

test("TimeStamp is a number of ticks above 2^53, which grows with time", async () => {
  const sandbox = site();
  const ticks: bigint[] = [];
  for (let made = 0; made < 2; made += 1) {
    sandbox.acumatica.createOrder();
    await sandbox.drainHooks();
    ticks.push(BigInt(/"TimeStamp":(\d+)/.exec(received.at(-1)!.text)![1]!));
    sandbox.clock.advance(1);
  }
  expect(ticks[0]! > 2n ** 53n).toBe(true);
  expect(ticks[1]! - ticks[0]!).toBe(10_000n);
  // What JavaScript makes of it is another number.
  expect(BigInt(received[0]!.body["TimeStamp"] as number)).not.toBe(ticks[0]);
});

test("an answer that is an error is followed by four more attempts with the same Id; then it is listed, and a person sends it again", async () => {
  const sandbox = site();
  answers = [500, 404, "nobody", 503, 301];
  sandbox.acumatica.createOrder();
  await sandbox.drainHooks();
  expect(new Set(received.map(({ body }) => body["Id"]))).toHaveProperty("size", 1);
  expect(received).toHaveLength(5);
  const [failed] = sandbox.acumatica.pushes.failed();
  sandbox.acumatica.pushes.resend(failed!.id);
  await sandbox.drainHooks();
  expect(received).toHaveLength(6);
  expect(sandbox.acumatica.pushes.failed()).toEqual([]);
  expect(() => sandbox.acumatica.pushes.resend(failed!.id)).toThrow(/no failed notification/);
});

test("an attempt that is answered well is the last", async () => {
  const sandbox = site();
  answers = [500, 200];
  sandbox.acumatica.createOrder();
  await sandbox.drainHooks();
  expect(received).toHaveLength(2);
  expect(sandbox.acumatica.pushes.failed()).toEqual([]);
});

test("one that fails before it is sent is listed nowhere", async () => {
  const sandbox = site({ losePushes: 1 });
  sandbox.acumatica.createOrder();
  sandbox.acumatica.createOrder();
  await sandbox.drainHooks();
  expect(received).toHaveLength(1);
  expect(sandbox.acumatica.pushes.failed()).toEqual([]);
  expect(sandbox.acumatica.pushes.notifications.map(({ outcome }) => outcome)).toEqual(["lost", 202]);
});

test("swapped, the later one comes first; twice, the same Id comes again", async () => {
  const sandbox = site({ swapPushes: true, pushTwice: true });
  const made = [sandbox.acumatica.createOrder(), sandbox.acumatica.createOrder()];
  await sandbox.drainHooks();
  const came = received.map(({ body }) => (body["Inserted"] as { OrderNbr: string }[])[0]!.OrderNbr);
  expect(came.toSorted()).toEqual([0, 0, 1, 1].map((index) => made[index]!.OrderNbr));
  expect(came[0]).toBe(made[1]!.OrderNbr);
});

test("what the API changes is told as well", async () => {
  const sandbox = site({});
  const { OrderType, OrderNbr } = order(sandbox);
  const api = visitor(sandbox.acumatica);
  await api.signIn();
  const change = { OrderType: { value: OrderType }, OrderNbr: { value: OrderNbr }, Hold: { value: true } };
  expect((await api.entity("PUT", "SalesOrder", change)).status).toBe(200);
  await sandbox.drainHooks();
  expect(received[0]!.body["Inserted"]).toMatchObject([{ OrderNbr, Status: "On Hold" }]);
});

describeRecorded("recorded push notifications", "payloads/acumatica/push-stockitem-status.json", () => {
  test("have the members that the sandbox writes", async () => {
    const sandbox = site({}, "StockItem");
    const [item] = sandbox.acumatica.tables.stockItems;
    sandbox.acumatica.editStockItem(item!.InventoryID, { ItemStatus: "Inactive" });
    await sandbox.drainHooks();
    const recorded = readRecorded("payloads/acumatica/push-stockitem-status.json") as Record<
      string,
      Record<string, unknown>[]
    >;
    const written = received[0]!.body as typeof recorded;
    expect(Object.keys(written).toSorted()).toEqual(Object.keys(recorded).toSorted());
    for (const rows of ["Inserted", "Deleted"]) {
      expect(Object.keys(written[rows]![0]!).toSorted()).toEqual(Object.keys(recorded[rows]![0]!).toSorted());
    }
  });
});
