import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { watchSpecs } from "../../../test/support/spec-watch.ts";
import { createMovableClock } from "../../lib/clock.ts";
import { ConnectorError } from "../../lib/errors.ts";
import { createSeededRandom } from "../../lib/random.ts";
import { silentLog } from "../../lib/log.ts";
import { toPacific } from "../pacific-time.ts";
import { createShipStationClient } from "./client.ts";
import type { ListFrom, ShipStationClient } from "./client.types.ts";
import type { SsOrder } from "./entities.ts";

const specs = watchSpecs();

/** One row of the fake account. `at` is the wall clock of the date it is listed by. */
interface Row {
  id: number;
  at: string;
  createdAt?: string;
  /** ShipStation answers 500 for any page with this row. */
  poison?: boolean;
  raw?: unknown;
}

interface Account {
  rows: Row[];
  /** Whether `...Start` means "after". */
  exclusive?: boolean;
  largestPage?: number;
  total?: (real: number) => unknown;
  beforeAnswer?: (call: number) => void;
  /** Whether the budget still has a call for this one. */
  grants?: (call: number) => boolean;
  answer?: (call: number) => Response | undefined;
}

const sinceMs = Date.UTC(2026, 6, 1, 19, 0, 0);
const start = toPacific(sinceMs);
const wall = (seconds: number, fraction = "0000000"): string =>
  `${toPacific(sinceMs + seconds * 1000).replace(" ", "T")}.${fraction}`;

/** A ShipStation that only lists, sorted and paged as the real one; every query is written down. */
function fakeAccount(account: Account): { client: ShipStationClient; queries: Record<string, string>[] } {
  const queries: Record<string, string>[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const query = Object.fromEntries(url.searchParams);
    queries.push(query);
    account.beforeAnswer?.(queries.length);
    const scripted = account.answer?.(queries.length);
    if (scripted) return Promise.resolve(scripted);
    const [rowsName, idName] =
      url.pathname === "/orders"
        ? ["orders", "orderId"]
        : url.pathname === "/shipments"
          ? ["shipments", "shipmentId"]
          : ["fulfillments", "fulfillmentId"];
    const sortedBy = query["sortBy"] === "ModifyDate" ? "modifyDate" : "createDate";
    const dateOf = (row: Row, name: string): string =>
      name === "createDate" && row.createdAt !== undefined ? row.createdAt : row.at;
    const found = account.rows
      .filter((row) =>
        ["modifyDate", "createDate", "voidDate"].every((name) => {
          const from = query[`${name}Start`];
          if (from === undefined) return true;
          const date = dateOf(row, name).replace("T", " ");
          return account.exclusive ? date.slice(0, 19) > from : date >= from;
        }),
      )
      .sort((a, b) =>
        dateOf(a, sortedBy) < dateOf(b, sortedBy) ? -1 : dateOf(a, sortedBy) > dateOf(b, sortedBy) ? 1 : a.id - b.id,
      );
    const size = Math.min(Number(query["pageSize"]), account.largestPage ?? 500);
    const page = found.slice((Number(query["page"]) - 1) * size, Number(query["page"]) * size);
    if (page.some((row) => row.poison))
      return Response.json({ Message: "An error has occurred.", ExceptionMessage: "Bad row" }, { status: 500 });
    const body = {
      [rowsName]: page.map((row) =>
        row.raw === undefined ? { [idName]: row.id, [sortedBy]: dateOf(row, sortedBy) } : row.raw,
      ),
      total: account.total ? account.total(found.length) : found.length,
      page: Number(query["page"]),
      pages: 0,
    };
    return Response.json(body, {
      headers: { Date: new Date(sinceMs + 3_600_000 + queries.length * 1000).toUTCString() },
    });
  };
  const client = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
    budget: {
      take: () =>
        account.grants?.(queries.length + 1) === false
          ? Promise.reject(new ConnectorError("shipstation.budget-spent", { retryAfterMs: 60_000 }))
          : Promise.resolve(),
      observe: () => Promise.resolve(),
    },
    fetch: specs.requests(fetch),
    clock: createMovableClock(),
    log: silentLog,
  });
  return { client, queries };
}

const spread = (count: number, secondsApart: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, at: wall(index * secondsApart) }));

/** Rows within a few seconds; three of them are modified before each of the first six answers. */
function modifiedMeanwhile({ seed, count, seconds }: { seed: number; count: number; seconds: number }): Account {
  const random = createSeededRandom(seed);
  const rows = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    at: wall(Math.floor(random.next() * seconds)),
  }));
  return {
    rows,
    beforeAnswer: (call) => {
      if (call > 6) return;
      for (let edit = 0; edit < 3; edit++) {
        const row = rows[Math.floor(random.next() * count)]!;
        row.at = wall(1_000 + call * 10 + edit);
      }
    },
  };
}

describe("a complete listing", () => {
  test("that fits one page costs one call, however `pages` is answered", async () => {
    const { client, queries } = fakeAccount({ rows: spread(499, 1) });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows.map((row) => row.orderId)).toEqual(Array.from({ length: 499 }, (_, index) => index + 1));
    expect(queries).toHaveLength(1);
    expect(listing.serverTimeMs).toBe(sinceMs + 3_600_000 + 1000);
  });

  test("of nothing costs one call", async () => {
    const { client, queries } = fakeAccount({ rows: [] });
    expect((await client.listOrdersModified(sinceMs)).rows).toEqual([]);
    expect(queries).toHaveLength(1);
  });

  test("asks in Pacific wall clock, a second wider, ascending, 500 at a time", async () => {
    const { client, queries } = fakeAccount({ rows: [] });
    await client.listOrdersModified(sinceMs);
    await client.listShipmentsCreated(sinceMs);
    await client.listShipmentsVoided(sinceMs);
    await client.listFulfillmentsCreated(sinceMs);
    const from = "2026-07-01 11:59:59";
    const page = { page: "1", pageSize: "500", sortDir: "ASC" };
    const created = { ...page, sortBy: "CreateDate" };
    expect(start).toBe("2026-07-01 12:00:00");
    expect(queries).toEqual([
      { ...page, sortBy: "ModifyDate", modifyDateStart: from },
      { ...created, createDateStart: from, includeShipmentItems: "true" },
      { ...created, voidDateStart: from, includeShipmentItems: "true" },
      { ...created, createDateStart: from },
    ]);
  });

  test("starts an hour earlier around a clock change", async () => {
    const { client, queries } = fakeAccount({ rows: [] });
    await client.listOrdersModified(Date.UTC(2026, 10, 1, 8, 50, 0));
    expect(queries[0]).toMatchObject({ modifyDateStart: "2026-11-01 00:49:59" });
  });

  test("of several pages moves the window: always page 1, from the last date seen", async () => {
    const { client, queries } = fakeAccount({ rows: spread(1_200, 10) });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(1_200);
    expect(queries).toHaveLength(3);
    expect(queries.map((query) => query["page"])).toEqual(["1", "1", "1"]);
    expect(queries[1]!["modifyDateStart"]).toBe(toPacific(sinceMs + 4_989_000));
  });

  test("turns pages only while one second fills them", async () => {
    const crowd = Array.from({ length: 1_300 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const { client, queries } = fakeAccount({
      rows: [...crowd, ...spread(600, 10).map((row) => ({ id: row.id + 5000, at: wall(10 + row.id * 10) }))],
    });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(1_900);
    expect(queries.map((query) => query["page"])).toEqual(["1", "1", "2", "3", "1"]);
  });

  test("of voids keeps the void filter and moves along the creation dates", async () => {
    const rows = spread(700, 10).map((row, index) => ({ ...row, createdAt: wall(index - 100_000) }));
    const { client, queries } = fakeAccount({ rows });
    expect((await client.listShipmentsVoided(sinceMs)).rows).toHaveLength(700);
    expect(queries).toHaveLength(2);
    expect(queries[1]!["voidDateStart"]).toBe(queries[0]!["voidDateStart"]);
    expect(queries[1]!["createDateStart"]).toBe(
      wall(499 - 100_001)
        .slice(0, 19)
        .replace("T", " "),
    );
  });

  test("believes `total` when the server gives smaller pages than asked for", async () => {
    const { client } = fakeAccount({ rows: spread(250, 10), largestPage: 100 });
    expect((await client.listFulfillmentsCreated(sinceMs)).rows).toHaveLength(250);
    const crowd = Array.from({ length: 250 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const crowded = fakeAccount({ rows: crowd, largestPage: 100 });
    expect((await crowded.client.listFulfillmentsCreated(sinceMs)).rows).toHaveLength(250);
  });

  test("passes nothing over when such a server fails once in the middle", async () => {
    const crowd = Array.from({ length: 250 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    for (const failing of [1, 2, 3]) {
      const { client } = fakeAccount({
        rows: crowd,
        largestPage: 100,
        answer: (call) => (call === failing ? new Response("{}", { status: 500 }) : undefined),
      });
      const list = () => client.listFulfillmentsCreated(sinceMs);
      const { rows, rest } = await list().catch(list);
      const more = rest ? (await client.listFulfillmentsCreated(rest.from)).rows : [];
      expect(new Set([...rows, ...more].map(({ fulfillmentId }) => fulfillmentId)).size).toBe(250);
    }
  });

  test.for([
    ["a total that is too high ends nevertheless", (real: number) => real + 7],
    ["a total that is 0", () => 0],
    ["no total at all", () => undefined],
    ["a total in words", () => "many"],
  ] as const)("%s", async ([, total]) => {
    const { client, queries } = fakeAccount({ rows: spread(700, 10), total });
    expect((await client.listOrdersModified(sinceMs)).rows).toHaveLength(700);
    expect(queries.length).toBeLessThanOrEqual(4);
  });

  test("a page that is not in order does not move the window", async () => {
    const rows = spread(900, 10);
    const { client, queries } = fakeAccount({
      rows: rows.map((row) => ({ ...row, raw: { orderId: row.id, modifyDate: wall((row.id * 7919) % 90_000) } })),
    });
    expect((await client.listOrdersModified(sinceMs)).rows).toHaveLength(900);
    expect(queries.map((query) => query["page"])).toEqual(["1", "2"]);
  });

  test("gives up loudly when it does not end", async () => {
    const rows = Array.from({ length: 500 }, (_, index) => ({ id: index + 1, at: wall(1) }));
    const page = { orders: rows.map((row) => ({ orderId: row.id, modifyDate: row.at })), total: 500 };
    const { client, queries } = fakeAccount({ rows, answer: () => Response.json(page) });
    await expect(client.listOrdersModified(sinceMs)).rejects.toMatchObject({ code: "internal.defect" });
    expect(queries).toHaveLength(200);
  });

  test("says where it goes on, when a later page fails; when the first one does, it throws", async () => {
    const throttled = () => Response.json({ message: "Too Many Requests" }, { status: 429 });
    const { client } = fakeAccount({ rows: spread(700, 10), answer: (call) => (call === 2 ? throttled() : undefined) });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(500);
    expect(listing.rest?.because).toMatchObject({ code: "shipstation.rate-limited" });
    const { client: other } = fakeAccount({ rows: spread(700, 10), answer: throttled });
    await expect(other.listOrdersModified(sinceMs)).rejects.toMatchObject({ code: "shipstation.rate-limited" });
  });

  test("throws what only a person can mend, whatever was read before", async () => {
    const { client } = fakeAccount({
      rows: spread(700, 10),
      answer: (call) => (call === 2 ? new Response("", { status: 401 }) : undefined),
    });
    await expect(client.listOrdersModified(sinceMs)).rejects.toMatchObject({ code: "shipstation.credentials" });
  });

  test.for([
    ["an object without the list", { total: 0 }],
    ["another list", { shipments: [], total: 0 }],
    ["a bare list", []],
    ["null for the list although there are rows", { orders: null, total: 3 }],
    ["an error's shape with 200", { Message: "An error has occurred." }],
  ] as const)("%s is not an empty list", async ([, body]) => {
    const { client } = fakeAccount({ rows: [], answer: () => Response.json(body) });
    await expect(client.listOrdersModified(sinceMs)).rejects.toMatchObject({ code: "shipstation.unreadable" });
  });

  test("null for the list with a total of 0 is an empty list", async () => {
    const { client } = fakeAccount({ rows: [], answer: () => Response.json({ orders: null, total: 0 }) });
    expect((await client.listOrdersModified(sinceMs)).rows).toEqual([]);
  });
});

describe("odd rows", () => {
  test("nulls are skipped, a row that does not parse is kept with its reason, the others go on", async () => {
    const odd = { orderId: 3, orderNumber: "SO3", modifyDate: wall(3), items: [{ quantity: "a few" }] };
    const { client } = fakeAccount({
      rows: [
        { id: 1, at: wall(1) },
        { id: 2, at: wall(2), raw: null },
        { id: 3, at: wall(3), raw: odd },
        { id: 4, at: wall(4), raw: { modifyDate: wall(4) } },
        { id: 5, at: wall(5) },
      ],
    });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows.map((row) => row.orderId)).toEqual([1, 5]);
    expect(listing.unreadable.map((row) => row.raw)).toEqual([odd, { modifyDate: wall(4) }]);
    expect(listing.unreadable[0]!.reason).toMatch(/^items\.0\.quantity: /);
    expect(listing.unreadable[1]!.reason).toMatch(/^orderId: /);
  });

  test("a row seen twice is given once, as last seen", async () => {
    const rows = spread(700, 10);
    const { client } = fakeAccount({
      rows,
      beforeAnswer: (call) => {
        if (call === 2) rows[0] = { id: 1, at: wall(50_000) };
      },
    });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(700);
    expect(listing.rows.at(-1)).toMatchObject({ orderId: 1, modifyDate: wall(50_000) });
  });

  test("a row that leaves a crowded second while its pages are turned hides no other", async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const { client } = fakeAccount({
      rows,
      beforeAnswer: (call) => {
        // Row 501 slips from the second page to the first, which has been read.
        if (call === 3) rows[0] = { id: 1, at: wall(9_000) };
      },
    });
    const listing = await client.listOrdersModified(sinceMs);
    expect(new Set(listing.rows.map((row) => row.orderId)).size).toBe(1_200);
  });
});

describe("a record that ShipStation cannot deliver", () => {
  test("is isolated and told by its neighbours; all others are there", async () => {
    const rows = spread(700, 10).map((row) => (row.id === 333 ? { ...row, poison: true } : row));
    const { client, queries } = fakeAccount({ rows });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(699);
    expect(listing.unreadable).toEqual([
      {
        raw: { path: "/orders", after: 332, before: 334, count: 1 },
        reason: "ShipStation failed to answer (500): Bad row",
      },
    ]);
    expect(queries.length).toBeLessThanOrEqual(21);
    expect(queries.at(-1)).toMatchObject({ page: "1", pageSize: "500" });
  });

  test.for([
    ["the first", [1], 1],
    ["the last", [700], 1],
    ["the last of a page", [500], 1],
    ["the first of the second page", [501], 1],
    ["two neighbours", [100, 101], 1],
    ["two apart", [100, 600], 2],
  ] as const)("%s of the list is told once", async ([, ids, gaps]) => {
    const rows = spread(700, 10).map((row) => ({ ...row, poison: (ids as readonly number[]).includes(row.id) }));
    const listing = await fakeAccount({ rows }).client.listOrdersModified(sinceMs);
    expect(listing.rows).toHaveLength(700 - ids.length);
    expect(listing.unreadable).toHaveLength(gaps);
  });

  test("an account that answers 500 to everything is an outage, found out within a few calls", async () => {
    const outage = () => Response.json({ ExceptionMessage: "Down" }, { status: 500 });
    const { client, queries } = fakeAccount({ rows: [], answer: outage });
    await expect(client.listOrdersModified(sinceMs)).rejects.toMatchObject({ code: "shipstation.server-error" });
    expect(queries.length).toBeLessThanOrEqual(12);
  });

  test("no other failure divides a page", async () => {
    for (const [status, code] of [
      [503, "shipstation.server-error"],
      [401, "shipstation.credentials"],
      [400, "shipstation.rejected"],
    ] as const) {
      const { client, queries } = fakeAccount({ rows: [], answer: () => Response.json({ message: "x" }, { status }) });
      await expect(client.listOrdersModified(sinceMs)).rejects.toMatchObject({ code });
      expect(queries).toHaveLength(1);
    }
  });

  test("a page too large to take is divided, so that large records do not stop the stream", async () => {
    const huge = "x".repeat(3 * 1024 * 1024);
    const rows = spread(8, 10).map((row) => ({ ...row, raw: { orderId: row.id, modifyDate: row.at, notes: huge } }));
    const listing = await fakeAccount({ rows }).client.listOrdersModified(sinceMs);
    expect(listing.rows.map((row) => row.orderId).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("whatever the account looks like", () => {
  /** Rows in clusters of seconds, up to three pages, with nulls and poison among them. */
  const accounts = fc.record({
    seed: fc.nat(),
    count: fc.integer({ min: 0, max: 1_600 }),
    seconds: fc.constantFrom(1, 3, 40, 5_000),
    exclusive: fc.boolean(),
    largestPage: fc.constantFrom(500, 500, 200),
    poisons: fc.integer({ min: 0, max: 2 }),
  });

  test("every row is given exactly once, every undeliverable one is reported", async () => {
    await fc.assert(
      fc.asyncProperty(accounts, async ({ seed, count, seconds, exclusive, largestPage, poisons }) => {
        const random = createSeededRandom(seed);
        const rows: Row[] = Array.from({ length: count }, (_, index) => ({
          id: index + 1,
          at: wall(
            Math.floor(random.next() * seconds),
            String(Math.floor(random.next() * 10_000_000)).padStart(7, "0"),
          ),
        }));
        for (let poison = 0; poison < poisons && count > 0; poison++)
          rows[Math.floor(random.next() * count)]!.poison = true;
        const poisoned = rows.filter((row) => row.poison).length;
        // Smaller pages, a crowded second and an undeliverable record all at once are beyond what page numbers can tell.
        const { client } = fakeAccount({ rows, exclusive, largestPage: poisons > 0 ? 500 : largestPage });
        const listing = await client.listShipmentsCreated(sinceMs);
        expect(listing.rows).toHaveLength(count - poisoned);
        expect(new Set(listing.rows.map((row) => row.shipmentId)).size).toBe(count - poisoned);
        expect(listing.unreadable.length).toBeGreaterThanOrEqual(Math.min(1, poisoned));
        expect(listing.unreadable.length).toBeLessThanOrEqual(poisoned);
      }),
      { numRuns: 30 },
    );
  });

  test("no row is missed while others are modified between the calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ seed: fc.nat(), count: fc.integer({ min: 400, max: 1_600 }), seconds: fc.constantFrom(1, 2, 40) }),
        async (drawn) => {
          const { client } = fakeAccount(modifiedMeanwhile(drawn));
          const listing = await client.listOrdersModified(sinceMs);
          expect(new Set(listing.rows.map((row) => row.orderId)).size).toBe(drawn.count);
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** Goes on after each interruption, as a later run does that finds the rest in the database. */
async function inParts(
  client: ShipStationClient,
  parts = 1_000,
): Promise<{ rows: SsOrder[]; unreadable: unknown[]; parts: number; serverTimeMs: number | undefined }> {
  const rows: SsOrder[] = [];
  const unreadable: unknown[] = [];
  let from: ListFrom = sinceMs;
  for (let part = 1; part <= parts; part++) {
    const listing = await client.listOrdersModified(from);
    rows.push(...listing.rows);
    unreadable.push(...listing.unreadable);
    if (!listing.rest) return { rows, unreadable, parts: part, serverTimeMs: listing.serverTimeMs };
    from = JSON.parse(JSON.stringify(listing.rest.from)) as ListFrom;
  }
  throw new Error("It does not end.");
}

describe("a listing larger than the budget of a minute", () => {
  /** Every `calls` calls the budget is spent, once. */
  const windowsOf = (calls: number) => {
    let granted = 0;
    return () => {
      granted += 1;
      if (granted <= calls) return true;
      granted = 0;
      return false;
    };
  };

  test("goes on where it was, and reads nothing twice but the border", async () => {
    const { client, queries } = fakeAccount({ rows: spread(6_000, 2), grants: windowsOf(4) });
    const { rows, parts, serverTimeMs } = await inParts(client);
    expect(new Set(rows.map((row) => row.orderId)).size).toBe(6_000);
    expect(parts).toBe(4);
    expect(queries.length).toBeLessThanOrEqual(14);
    // What happened after the first page was answered is for the next listing.
    expect(serverTimeMs).toBe(sinceMs + 3_600_000 + 1_000);
  });

  test("hunts unreadable records across the interruptions", async () => {
    const rows = spread(1_000, 2).map((row) => ({ ...row, poison: [130, 260, 390].includes(row.id) }));
    const { client } = fakeAccount({ rows, grants: windowsOf(7) });
    const read = await inParts(client);
    expect(new Set(read.rows.map((row) => row.orderId)).size).toBe(997);
    expect(new Set(read.unreadable.map((row) => JSON.stringify(row))).size).toBe(3);
  });

  test("an outage in the middle of it makes no record unreadable", async () => {
    const outage = () => Response.json({ ExceptionMessage: "Down" }, { status: 500 });
    const { client } = fakeAccount({
      rows: spread(700, 10),
      answer: (call) => (call > 1 && call < 9 ? outage() : undefined),
      grants: (() => {
        let asked = 0;
        return () => ++asked !== 9;
      })(),
    });
    const listing = await client.listOrdersModified(sinceMs);
    expect(listing.rest).toBeDefined();
    expect(listing.unreadable).toEqual([]);
    const rest = await client.listOrdersModified(listing.rest!.from);
    expect(new Set([...listing.rows, ...rest.rows].map((row) => row.orderId)).size).toBe(700);
  });

  test.for([
    ["larger", 500],
    ["smaller", 40],
  ] as const)("passes nothing over when the server's pages are %s after the interruption", async ([, largestPage]) => {
    const crowd = Array.from({ length: 270 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const account: Account = { rows: crowd, largestPage: 100, grants: (call) => call !== 4 };
    const { client } = fakeAccount(account);
    const { rows, rest } = await client.listShipmentsCreated(sinceMs);
    expect(rest?.from.at).toMatchObject({ offset: 1_000, seen: 200 });
    account.largestPage = largestPage;
    account.grants = () => true;
    const more = await client.listShipmentsCreated(rest!.from);
    expect(more.rest).toBeUndefined();
    expect(new Set([...rows, ...more.rows].map(({ shipmentId }) => shipmentId)).size).toBe(270);
  });

  test("goes on where it was in smaller pages that stayed alike", async () => {
    const crowd = Array.from({ length: 270 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const account: Account = { rows: crowd, largestPage: 100, grants: (call) => call !== 4 };
    const { client, queries } = fakeAccount(account);
    const { rest } = await client.listShipmentsCreated(sinceMs);
    account.grants = () => true;
    expect((await client.listShipmentsCreated(rest!.from)).rows).toHaveLength(70);
    expect(queries.at(-1)).toMatchObject({ page: "3" });
  });

  test("a row that leaves a crowded second during the interruption hides no other", async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const account: Account = { rows, grants: (call) => call !== 3 };
    const { client } = fakeAccount(account);
    const first = await client.listOrdersModified(sinceMs);
    expect(first.rows).toHaveLength(500);
    // Row 501 slips from the second page to the first, which has been read.
    rows[0] = { id: 1, at: wall(9_000) };
    account.grants = () => true;
    const more = await client.listOrdersModified(first.rest!.from);
    expect(new Set([...first.rows, ...more.rows].map((row) => row.orderId)).size).toBe(1_200);
  });

  test("ends, although a crowded second is larger than the budget of a minute", async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => ({ id: index + 1, at: wall(5) }));
    const { client } = fakeAccount({ rows, grants: windowsOf(4) });
    const read = await inParts(client, 10);
    expect(new Set(read.rows.map((row) => row.orderId)).size).toBe(3_000);
  });

  test("no row is missed while others are modified and interruptions come between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          count: fc.integer({ min: 400, max: 1_600 }),
          seconds: fc.constantFrom(1, 2, 40),
          interrupted: fc.uniqueArray(fc.integer({ min: 2, max: 8 }), { maxLength: 3 }),
        }),
        async ({ interrupted, ...drawn }) => {
          const waiting = new Set(interrupted);
          const { client } = fakeAccount({
            ...modifiedMeanwhile(drawn),
            grants: (call) => !waiting.delete(call),
          });
          const read = await inParts(client, 10);
          expect(new Set(read.rows.map((row) => row.orderId)).size).toBe(drawn.count);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("every row is given, whatever interrupts it and whatever the rows look like", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 1_400 }),
        fc.uniqueArray(fc.nat({ max: 1_400 }), { maxLength: 3 }),
        fc.integer({ min: 6, max: 30 }),
        fc.boolean(),
        async (seconds, poisoned, calls, exclusive) => {
          const rows = seconds
            .toSorted((left, right) => left - right)
            .map((second, index) => ({ id: index + 1, at: wall(second), poison: poisoned.includes(index + 1) }));
          const { client } = fakeAccount({ rows, exclusive, grants: windowsOf(calls) });
          const read = await inParts(client);
          const wanted = rows.filter((row) => !row.poison).map((row) => row.id);
          expect([...new Set(read.rows.map((row) => row.orderId))].toSorted((a, b) => a - b)).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("an error of the listing keeps what ShipStation said", async () => {
  const { client } = fakeAccount({ rows: [], answer: () => new Response("Service Unavailable", { status: 503 }) });
  const error: unknown = await client.listOrdersModified(sinceMs).catch((thrown: unknown) => thrown);
  expect((error as ConnectorError).message).toBe("ShipStation failed to answer (503): Service Unavailable");
});
