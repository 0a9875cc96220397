import { describe, expect, test } from "vitest";
import { watchSpecs } from "../../../test/support/spec-watch.ts";
import { createMovableClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createShipStationClient } from "./client.ts";

const specs = watchSpecs();

interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

type Products = Record<string, unknown>[];

/** A client over an account that has these products; `answer` may say something else to a call. */
function clientOver(products: Products, answer?: (call: Call) => Response | undefined) {
  const calls: Call[] = [];
  const client = createShipStationClient({
    credentials: () => Promise.resolve({ apiKey: "k", apiSecret: "s" }),
    budget: { take: () => Promise.resolve(), observe: () => Promise.resolve() },
    fetch: specs.requests(async (request) => {
      const url = new URL(request.url);
      const text = await request.text();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const call = { method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), body };
      calls.push(call);
      return answer?.(call) ?? Response.json(page(products, call.query));
    }),
    clock: createMovableClock(),
    log: silentLog,
  });
  return { client, calls };
}

function page(products: Products, query: Record<string, string>): unknown {
  const by = query["sortBy"] === "ModifyDate" ? "modifyDate" : "createDate";
  const text = (row: Products[number]): string => (row[by] as string | null) ?? "";
  const sorted = products.toSorted((left, right) => (text(left) < text(right) ? -1 : 1));
  if (query["sortDir"] === "DESC") sorted.reverse();
  const size = Number(query["pageSize"]);
  const from = (Number(query["page"]) - 1) * size;
  return { products: sorted.slice(from, from + size), total: products.length, page: 1, pages: 0 };
}

const created = (hour: number): string => `2026-07-01T${String(hour).padStart(2, "0")}:00:00.12`;
const aProduct = (productId: number, members: object = {}) => ({
  productId,
  sku: `SKU-${productId}`,
  name: "Rope",
  price: 2.5,
  weightOz: null,
  defaultCarrierCode: "fedex",
  tags: [{ tagId: 9180, name: "fragile" }],
  aliases: null,
  createDate: created(productId % 24),
  modifyDate: null,
  active: true,
  ...members,
});

describe("the products of an account", () => {
  test("are listed whole, inactive ones among them, by turning pages of 500", async () => {
    const products = Array.from({ length: 1_203 }, (_, index) => aProduct(index + 1, { active: index % 2 === 0 }));
    const { client, calls } = clientOver(products);
    const { rows, unreadable } = await client.listProducts();
    expect(rows.map(({ productId }) => productId).toSorted((a, b) => a - b)).toEqual(
      products.map(({ productId }) => productId),
    );
    expect(unreadable).toEqual([]);
    expect(calls.map(({ query }) => query)).toEqual(
      ["1", "2", "3"].map((number) => ({
        sortBy: "CreateDate",
        sortDir: "ASC",
        showInactive: "true",
        page: number,
        pageSize: "500",
      })),
    );
  });

  test("changed or made since are found with two calls, however many there are", async () => {
    const products = Array.from({ length: 1_200 }, (_, index) => aProduct(index + 1, { createDate: created(1) }));
    products[3] = aProduct(4, { createDate: created(1), modifyDate: created(11) });
    products[4] = aProduct(5, { createDate: created(1), modifyDate: created(9) });
    products[5] = aProduct(6, { createDate: created(12) });
    const { client, calls } = clientOver(products);
    // 10:00 in California.
    const { rows } = await client.listRecentProducts(Date.UTC(2026, 6, 1, 17));
    expect(rows.map(({ productId }) => productId)).toEqual([4, 6]);
    expect(calls).toHaveLength(2);
  });

  test("that nobody ever changed end no search, wherever they stand in the list", async () => {
    const nullsFirst = [
      ...Array.from({ length: 500 }, (_, index) => aProduct(index + 1, { createDate: created(1) })),
      aProduct(900, { createDate: created(1), modifyDate: created(11) }),
    ];
    const { client } = clientOver(nullsFirst, ({ query }) => {
      if (query["sortBy"] !== "ModifyDate") return undefined;
      const from = (Number(query["page"]) - 1) * 500;
      return Response.json({ products: nullsFirst.slice(from, from + 500), total: 501 });
    });
    const { rows } = await client.listRecentProducts(Date.UTC(2026, 6, 1, 17));
    expect(rows.map(({ productId }) => productId)).toEqual([900]);
  });

  test("are found by their exact SKU, whatever else the search finds", async () => {
    const { client, calls } = clientOver([
      aProduct(1, { sku: "ROPE" }),
      aProduct(2, { sku: "ROPE-10" }),
      aProduct(3, { sku: " ROPE" }),
    ]);
    expect((await client.findProductsBySku("ROPE")).map(({ productId }) => productId)).toEqual([1, 3]);
    expect(calls[0]?.query).toMatchObject({ sku: "ROPE", showInactive: "true" });
    await expect(client.findProductsBySku(" ")).rejects.toMatchObject({ code: "internal.defect" });
  });

  test("are read one by one; what does not exist is undefined", async () => {
    const { client } = clientOver([], ({ path }) =>
      path === "/products/7" ? Response.json(aProduct(7)) : new Response("", { status: 404 }),
    );
    expect(await client.getProduct(7)).toMatchObject({
      productId: 7,
      weightOz: undefined,
      defaultCarrierCode: "fedex",
    });
    expect(await client.getProduct(8)).toBeUndefined();
  });
});

describe("a product that is saved", () => {
  const saved = () => Response.json({ success: true, message: "The requested product has been updated" });

  test("goes whole: what people set stays, only what we change differs, dates are not sent", async () => {
    const { client, calls } = clientOver([], ({ method }) => (method === "PUT" ? saved() : Response.json(aProduct(7))));
    const live = await client.getProduct(7);
    await client.saveProduct(live!, { weightOz: 12.5, customsTariffNo: "5607.41" });
    const { createDate: _created, modifyDate: _modified, ...whole } = aProduct(7);
    expect(calls.at(-1)).toEqual({
      method: "PUT",
      path: "/products/7",
      query: {},
      body: { ...whole, weightOz: 12.5, customsTariffNo: "5607.41" },
    });
  });

  test("and refused with 200 is an error", async () => {
    const { client } = clientOver([], ({ method }) =>
      method === "PUT" ? Response.json({ success: false, message: "No." }) : Response.json(aProduct(7)),
    );
    const live = await client.getProduct(7);
    await expect(client.saveProduct(live!, { name: "X" })).rejects.toMatchObject({ code: "shipstation.rejected" });
  });
});
