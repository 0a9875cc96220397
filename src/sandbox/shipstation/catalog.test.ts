import { expect, test } from "vitest";
import { aLine, anOrder, smallAccount } from "../../../test/support/shipstation-visitor.ts";

const create = "/orders/createorder";

test("a product is born by the first order line with its SKU, discount lines make none", async () => {
  const { post, get } = smallAccount();
  const discount = { ...aLine("d", "DISCOUNT", 1), adjustment: true, unitPrice: -1 };
  const first = await post(create, anOrder("SO1", { items: [aLine("1", "BOLT-1", 1), discount] }));
  const second = await post(create, anOrder("SO2", { items: [aLine("1", "bolt-1", 1)] }));
  expect(first.items[1]?.productId).toBeNull();
  expect(second.items[0]?.productId).toBe(first.items[0]?.productId);
  const { products, total, pages } = await get("/products");
  expect([total, pages]).toEqual([1, 0]);
  expect(products[0]).toMatchObject({
    sku: "BOLT-1",
    name: "Item BOLT-1",
    modifyDate: null,
    weightOz: null,
    active: true,
  });
});

test("a product can be replaced as a whole, never created", async () => {
  const { post, get, call } = smallAccount();
  const { items } = await post(create, anOrder("SO1"));
  const product = await get(`/products/${items[0]?.productId}`);
  const answer = await call("PUT", `/products/${product.productId}`, {
    ...product,
    weightOz: 4,
    customsTariffNo: "7318",
  });
  expect(answer.json).toEqual({ success: true, message: "The requested product has been updated" });
  expect(await get(`/products/${product.productId}`)).toMatchObject({ weightOz: 4, customsTariffNo: "7318" });
  await call("PUT", `/products/${product.productId}`, { sku: product.sku, name: "Bolt" });
  expect(await get(`/products/${product.productId}`)).toMatchObject({ name: "Bolt", weightOz: null, price: null });
  expect((await call("POST", "/products", product)).status).toBe(405);
  expect((await get("/products?sku=NUT-1")).total).toBe(1);
});

test("a customer is born by an order's customerUsername", async () => {
  const { post, get } = smallAccount();
  const anonymous = await post(create, anOrder("SO1"));
  const named = await post(create, anOrder("SO2", { customerUsername: "C1001", customerEmail: "ada@example.com" }));
  expect(anonymous.customerId).toBeNull();
  expect(await get(`/customers/${named.customerId}`)).toMatchObject({
    name: "Ada Example",
    countryCode: "US",
    email: "ada@example.com",
    marketplaceUsernames: [{ marketplaceId: 0, username: "C1001" }],
    tags: null,
  });
  expect(await get("/customers?stateCode=TX")).toMatchObject({ total: 1, page: 1, pages: 1 });
});

test("stores: bare array, an own Acumatica store where the account has one", async () => {
  const { list, account, post } = smallAccount();
  expect(await list("/stores")).toHaveLength(3);
  account.options.ownAcumaticaStore = true;
  expect(await list("/stores?marketplaceId=115")).toMatchObject([{ marketplaceName: "Acumatica" }]);
  const storeId = (await list("/stores?marketplaceId=115"))[0]?.storeId;
  await post("/stores/deactivate", { storeId });
  expect(await list("/stores?marketplaceId=115")).toEqual([]);
  expect(await list("/stores?marketplaceId=115&showInactive=true")).toHaveLength(1);
});

test("carriers with their services and packages, ship-from locations, tags and users", async () => {
  const { get, list, call, post } = smallAccount();
  for (const { code } of await list("/carriers")) {
    expect((await list(`/carriers/listservices?carrierCode=${code}`)).length).toBeGreaterThan(0);
    expect((await list(`/carriers/listpackages?carrierCode=${code}`)).length).toBeGreaterThan(0);
    expect(await get(`/carriers/getcarrier?carrierCode=${code}`)).toMatchObject({ code });
  }
  const made = await post("/warehouses/createwarehouse", {
    warehouseName: "Annex",
    originAddress: { name: "Annex", street1: "1 Side St", country: "US", residential: true },
    returnAddress: null,
  });
  expect(made.returnAddress).toMatchObject({ name: "Annex", residential: null });
  expect(await list("/warehouses")).toHaveLength(3);
  expect((await call("DELETE", `/warehouses/${made.warehouseId}`)).json.success).toBe(true);
  expect((await call("GET", `/warehouses/${made.warehouseId}`)).status).toBe(404);
  expect(await list("/accounts/listtags")).toHaveLength(2);
  expect(await list("/users")).toHaveLength(1);
});
