import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createClientOf,
  createFakeAcumatica,
  exception,
  json,
  noEntity,
  type Seen,
} from "../../test/support/fake-acumatica.ts";
import { instantMs } from "./lists.ts";

interface Row {
  nbr: string;
  atMs: number;
}

const hour = 3_600_000;
const start = Date.UTC(2024, 4, 1);
const window = { fromMs: start, toMs: start + hour };

const stamp = (atMs: number): string => new Date(atMs).toISOString().replace("Z", "+00:00");
const full = ({ nbr, atMs }: Row) => ({
  id: `id-${nbr}`,
  OrderType: { value: "SO" },
  OrderNbr: { value: nbr },
  LastModified: { value: stamp(atMs) },
  Details: [{ id: "l", LineNbr: { value: 1 } }],
});

function bounds(seen: Seen): { from: number; to: number } {
  const [from = "", to = ""] = [...(seen.query.get("$filter") ?? "").matchAll(/datetimeoffset'([^']+)'/g)].map(
    ([, at]) => at,
  );
  return { from: Date.parse(from), to: Date.parse(to) };
}

/** The rows of one list call, as a server without ordering would cut them: `arrange` decides the sequence of each answer. */
function pageOf(rows: Row[], seen: Seen, arrange: (found: Row[]) => Row[] = (found) => found): Row[] {
  const { from, to } = bounds(seen);
  const found = arrange(rows.filter(({ atMs }) => atMs >= from && atMs <= to));
  const skip = Number(seen.query.get("$skip") ?? 0);
  return found.slice(skip, skip + Number(seen.query.get("$top")));
}

const evenly = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    nbr: String(index),
    atMs: start + Math.floor((index * hour) / count),
  }));

const numbers = (orders: { OrderNbr?: string | undefined }[]): string[] =>
  orders.map(({ OrderNbr }) => OrderNbr ?? "").sort();

describe("listing what was modified", () => {
  test("one request suffices while a page does", async () => {
    const fake = createFakeAcumatica((seen) => json(pageOf(evenly(99), seen).map(full)));
    const { client } = createClientOf(fake);
    expect(await client.listSalesOrders(window)).toHaveLength(99);
    expect(fake.calls()).toEqual(["login", "GET SalesOrder"]);
    const { query } = fake.seen[1]!;
    expect(query.get("$expand")).toBe(
      "Details,ShipToAddress,ShipToContact,BillToAddress,BillToContact,ShippingSettings",
    );
    expect(query.get("$top")).toBe("100");
    expect(bounds(fake.seen[1]!)).toEqual({ from: window.fromMs - 1000, to: window.toMs + 1000 });
  });

  test("a site that passes over the filter is refused after the first full page that shows it, and not asked for ever", async () => {
    const everything = evenly(150).map(full);
    const fake = createFakeAcumatica(() => json(everything));
    const { client } = createClientOf(fake);
    const later = { fromMs: window.fromMs + 30 * hour, toMs: window.toMs + 30 * hour };
    await expect(client.listSalesOrders(later)).rejects.toMatchObject({
      code: "acumatica.unreadable",
      message: expect.stringContaining("not of the time asked for") as string,
    });
    expect(fake.calls()).toEqual(["login", "GET SalesOrder"]);
  });

  test("rows without a readable time fill no page without end", async () => {
    const timeless = evenly(150).map((row) => ({ ...full(row), LastModified: { value: "soon" } }));
    const { client } = createClientOf(createFakeAcumatica(() => json(timeless)));
    await expect(client.listSalesOrders(window)).rejects.toMatchObject({ code: "acumatica.unreadable" });
  });

  test("a site that passes over the page number is refused when a page shows nothing new", async () => {
    const burst = Array.from({ length: 150 }, (_, index) => ({ nbr: String(index), atMs: start + hour / 2 }));
    const fake = createFakeAcumatica((seen) => {
      seen.query.delete("$skip");
      return json(pageOf(burst, seen).map(full));
    });
    const { client } = createClientOf(fake);
    await expect(client.listSalesOrders(window)).rejects.toMatchObject({
      code: "acumatica.unreadable",
      message: expect.stringContaining("each page shows the same rows") as string,
    });
    expect(fake.calls().length).toBeLessThan(20);
  });

  test("the answer is cut to the window: its start belongs to it, its end does not", async () => {
    const rows = [-1, 0, hour - 1, hour, hour + 999].map((offset) => ({ nbr: String(offset), atMs: start + offset }));
    const { client } = createClientOf(createFakeAcumatica((seen) => json(pageOf(rows, seen).map(full))));
    expect(numbers(await client.listSalesOrders(window))).toEqual(["0", String(hour - 1)].sort());
  });

  test("a full page is never believed: the window is cut until every slice is complete", async () => {
    const rows = evenly(1_234);
    const reversed = (found: Row[]): Row[] => found.toReversed();
    const fake = createFakeAcumatica((seen) => json(pageOf(rows, seen, reversed).map(full)));
    const found = await createClientOf(fake).client.listSalesOrders(window);
    expect(numbers(found)).toEqual(rows.map(({ nbr }) => nbr).sort());
    expect(fake.seen.every(({ query }) => !query.has("$skip"))).toBe(true);
  });

  test("a burst is cut out of a long window at once", async () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({ nbr: String(index), atMs: start + 1_000 + (index % 7) }));
    const fake = createFakeAcumatica((seen) => json(pageOf(rows, seen).map(full)));
    const month = { fromMs: start - 30 * 24 * hour, toMs: start + hour };
    expect(await createClientOf(fake).client.listSalesOrders(month)).toHaveLength(250);
    // The whole, what lies before and after, and twice the three pages of the burst.
    expect(fake.calls().filter((call) => call.startsWith("GET"))).toHaveLength(9);
  });

  test("whatever is spread in time, and in whatever sequence it comes, all of it is found", async () => {
    const spread = fc.array(
      fc.record({ base: fc.constantFrom(0, 1, 999, hour / 2, hour - 1), offset: fc.nat(3_000) }),
      { minLength: 1, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(spread, fc.integer({ min: 1, max: 9 }), fc.nat(), async (times, pageSize, salt) => {
        const rows = times.map(({ base, offset }, index) => ({ nbr: String(index), atMs: start + base + offset }));
        const jumbled = (found: Row[]): Row[] =>
          found.toSorted((a, b) => ((Number(a.nbr) * 7919 + salt) % 97) - ((Number(b.nbr) * 7919 + salt) % 97));
        const fake = createFakeAcumatica((seen) => json(pageOf(rows, seen, jumbled).map(full)));
        const found = await createClientOf(fake, { pageSize }).client.listSalesOrders(window);
        const within = rows.filter(({ atMs }) => atMs < window.toMs);
        expect(numbers(found)).toEqual(within.map(({ nbr }) => nbr).sort());
      }),
      { numRuns: 60 },
    );
  });

  test("rows on the border of two slices are not lost when the server takes borders for outside", async () => {
    const rows = evenly(600);
    const fake = createFakeAcumatica((seen) => {
      const { from, to } = bounds(seen);
      return json(
        rows
          .filter(({ atMs }) => atMs > from && atMs < to)
          .slice(0, 100)
          .map(full),
      );
    });
    expect(await createClientOf(fake).client.listSalesOrders(window)).toHaveLength(600);
  });

  test("a second that holds more than a page is paged until two passes agree", async () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({ nbr: String(index), atMs: start + 700 }));
    let isFirst = true;
    const fake = createFakeAcumatica((seen) => {
      const page = pageOf(rows, seen);
      if (seen.query.get("$skip") !== "100" || !isFirst) return json(page.map(full));
      // Rows moved while the first pass was under way: its second page misses one.
      isFirst = false;
      return json([...page.slice(1), rows[200]!].map(full));
    });
    const found = await createClientOf(fake).client.listSalesOrders({ fromMs: start, toMs: start + 1_000 });
    expect(isFirst).toBe(false);
    expect(numbers(found)).toEqual(rows.map(({ nbr }) => nbr).sort());
  });

  test("a list that never holds still is an error, not a guess", async () => {
    let calls = 0;
    const fake = createFakeAcumatica(({ query }) => {
      calls += 1;
      const top = Number(query.get("$skip") ?? 0) > 300 ? 1 : 100;
      return json(Array.from({ length: top }, (_, index) => full({ nbr: `${calls}-${index}`, atMs: start })));
    });
    const listing = createClientOf(fake).client.listSalesOrders({ fromMs: start, toMs: start + 10 });
    await expect(listing).rejects.toMatchObject({ code: "acumatica.unreadable" });
  });

  test("a page that is too large to take in is asked for again in smaller ones, and all of it is found", async () => {
    const rows = evenly(12);
    const large = "x".repeat(1_200_000);
    const fake = createFakeAcumatica((seen) =>
      json(pageOf(rows, seen).map((row) => ({ ...full(row), Description: { value: large } }))),
    );
    const { client } = createClientOf(fake);
    expect(numbers(await client.listSalesOrders(window))).toHaveLength(12);
    expect(new Set(fake.seen.flatMap(({ query }) => query.get("$top") ?? []))).toEqual(new Set(["100", "25", "6"]));
  });

  test("an empty window asks nothing", async () => {
    const fake = createFakeAcumatica(() => json([]));
    expect(await createClientOf(fake).client.listSalesOrders({ fromMs: start, toMs: start })).toEqual([]);
    expect(fake.calls()).toEqual([]);
  });

  test("rows whose time cannot be read are kept", async () => {
    const fake = createFakeAcumatica(() => json([{ ...full({ nbr: "1", atMs: 0 }), LastModified: {} }]));
    expect(await createClientOf(fake).client.listSalesOrders(window)).toHaveLength(1);
  });

  test("a row that came without its lines is read singly", async () => {
    const fake = createFakeAcumatica(({ path }) => {
      if (!path.endsWith("/SalesOrder")) return json(full({ nbr: "1", atMs: start }));
      return json([{ ...full({ nbr: "1", atMs: start }), Details: undefined }]);
    });
    const [order] = await createClientOf(fake).client.listSalesOrders(window);
    expect(order?.Details).toHaveLength(1);
    expect(fake.calls()).toEqual(["login", "GET SalesOrder", "GET SalesOrder/SO/1"]);
  });
});

describe("an entity that cannot be listed with its details", () => {
  const cannot = () =>
    exception("PX.Api.ContractBased.OptimizedExport.CannotOptimizeException", "Optimization cannot be performed.");

  test("is listed by its keys and read record by record, and that is remembered", async () => {
    const rows = evenly(2);
    const fake = createFakeAcumatica((seen) => {
      if (!seen.path.endsWith("/SalesOrder")) return json(full(rows[Number(seen.path.split("/").at(-1))]!));
      return seen.query.has("$expand") ? cannot() : json(pageOf(rows, seen).map(full));
    });
    const { client } = createClientOf(fake);
    expect(numbers(await client.listSalesOrders(window))).toEqual(["0", "1"]);
    expect(fake.seen[2]!.query.get("$select")).toBe("OrderType,OrderNbr,LastModified");
    await client.listSalesOrders(window);
    expect(fake.seen.filter(({ path, query }) => path.endsWith("/SalesOrder") && query.has("$expand"))).toHaveLength(1);
  });

  test("is not tried again by the next client, and each entity is remembered for itself", async () => {
    const kept = new Map<string, unknown>();
    const memory = {
      recall: (topic: string) => Promise.resolve(kept.get(topic)),
      keep: (topic: string, fact: unknown) => Promise.resolve(void kept.set(topic, fact)),
    };
    const fake = createFakeAcumatica((seen) =>
      seen.path.endsWith("/SalesOrder") && seen.query.has("$expand") ? cannot() : json([]),
    );
    await createClientOf(fake, { memory }).client.listSalesOrders(window);
    const before = fake.seen.length;
    const { client } = createClientOf(fake, { memory });
    await client.listSalesOrders(window);
    await client.listShipments(window);
    const lists = fake.seen.slice(before).filter(({ method }) => method === "GET");
    expect(lists.map(({ query }) => query.get("$expand"))).toEqual([null, "Details,Packages"]);
  });

  test("leaves out what was deleted between the list and the read", async () => {
    const fake = createFakeAcumatica((seen) => {
      if (!seen.path.endsWith("/SalesOrder")) return noEntity();
      return seen.query.has("$expand") ? cannot() : json(evenly(1).map(full));
    });
    expect(await createClientOf(fake).client.listSalesOrders(window)).toEqual([]);
  });

  test("that cannot even be listed by keys is an error", async () => {
    const { client } = createClientOf(createFakeAcumatica(cannot));
    await expect(client.listStockItems(window)).rejects.toMatchObject({ code: "acumatica.list-unsupported" });
  });

  test("does not slow down the others", async () => {
    const fake = createFakeAcumatica(({ path }) => (path.endsWith("/SalesOrder") ? cannot() : json([])));
    const { client } = createClientOf(fake);
    await expect(client.listSalesOrders(window)).rejects.toThrow();
    await client.listCustomers(window);
    expect(fake.seen.at(-1)!.query.get("$expand")).toBe("MainContact,MainContact/Address");
    expect(fake.seen.at(-1)!.query.get("$filter")).toContain("LastModifiedDateTime ge");
  });
});

test.for([
  { text: "2023-12-14T19:52:38.79+00:00", at: Date.UTC(2023, 11, 14, 19, 52, 38, 790) },
  { text: "2021-02-08T15:46:23.611591+00:00", at: Date.UTC(2021, 1, 8, 15, 46, 23, 611) },
  { text: "2022-06-01T01:02:43-05:00", at: Date.UTC(2022, 5, 1, 6, 2, 43) },
  { text: "2024-05-05T15:16:23.1", at: Date.UTC(2024, 4, 5, 15, 16, 23, 100) },
])("$text is the instant $at, wherever this machine stands", ({ text, at }) => {
  expect(instantMs(text)).toBe(at);
});
