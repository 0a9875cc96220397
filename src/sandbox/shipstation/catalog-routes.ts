import type { Account } from "./account.ts";
import { done, modelState, notFound, ok, type Answer } from "./answers.ts";
import { member, reading, textMember, writing, type ShipStationApp } from "./call.ts";
import { productMembers } from "./catalog.ts";
import { answerPage, sortRows, type Query } from "./lists.ts";
import { wallAt } from "./pacific.ts";
import { renderCustomer, renderProduct } from "./render.ts";
import type { CustomerRow, ProductRow } from "./tables.ts";

/** Products (no create) and customers (no write at all); facts: shipstation 4. */
export function addCatalogRoutes(app: ShipStationApp, account: Account): void {
  app.get(
    "/products",
    reading(account, ({ query }) => listProducts(account, query)),
  );
  app.get(
    "/products/:id",
    reading(account, ({ id }) => getProduct(account, id)),
  );
  app.put(
    "/products/:id",
    writing(account, "product", ({ id, body }) => putProduct(account, id, body)),
  );
  app.get(
    "/customers",
    reading(account, ({ query }) => listCustomers(account, query)),
  );
  app.get(
    "/customers/:id",
    reading(account, ({ id }) => getCustomer(account, id)),
  );
}

function listProducts(account: Account, query: Query): Answer {
  const tests: ((product: ProductRow) => boolean)[] = [];
  if (!query.flag("showInactive")) tests.push(({ active }) => active);
  const sku = query.text("sku")?.toLowerCase();
  if (sku) tests.push((product) => product.sku.trim().toLowerCase() === sku);
  const name = query.text("name")?.toLowerCase();
  if (name) tests.push((product) => nameOf(product).toLowerCase().includes(name));
  const start = query.wall("startDate");
  const end = query.wall("endDate");
  if (start !== undefined) tests.push(({ createdAt }) => wallAt(createdAt) > start);
  if (end !== undefined) tests.push(({ createdAt }) => wallAt(createdAt) < end);
  const rows = [...account.tables.products.values()].filter((product) => tests.every((test) => test(product)));
  const keys = {
    sku: (product: ProductRow) => product.sku.toLowerCase(),
    modifydate: (product: ProductRow) => product.modifiedAt ?? product.createdAt,
    createdate: (product: ProductRow) => product.createdAt,
  };
  return answerPage(account, query, {
    name: "products",
    rows: sortRows(query, rows, keys, ({ productId }) => productId),
    render: renderProduct,
    saysNoPages: true,
  });
}

const nameOf = ({ members }: ProductRow): string => (typeof members["name"] === "string" ? members["name"] : "");

function getProduct(account: Account, id: number): Answer {
  const product = account.tables.products.get(id);
  return product ? ok(renderProduct(product)) : notFound("product");
}

/** The whole resource: a member left out becomes null, whatever a user had set. */
function putProduct(account: Account, id: number, body: unknown): Answer {
  const product = account.tables.products.get(id);
  if (!product) return notFound("product");
  const sku = textMember(body, "sku");
  if (!sku) return modelState({ "product.sku": ["The sku field is required."] });
  account.tables.productsBySku.delete(product.sku.toLowerCase());
  account.tables.productsBySku.set(sku.toLowerCase(), product);
  product.sku = sku;
  product.active = member(body, "active") !== false;
  product.modifiedAt = account.clock.now();
  product.members = Object.fromEntries(
    [...productMembers, "aliases"].map((name) => [name, member(body, name) ?? null]),
  );
  return done("The requested product has been updated");
}

function listCustomers(account: Account, query: Query): Answer {
  const tests: ((customer: CustomerRow) => boolean)[] = [];
  const state = query.text("stateCode")?.toLowerCase();
  if (state) tests.push(({ address }) => address.state?.toLowerCase() === state);
  const country = query.text("countryCode")?.toLowerCase();
  if (country) tests.push(({ address }) => address.country?.toLowerCase() === country);
  const marketplaceId = query.number("marketplaceId");
  if (marketplaceId !== undefined) tests.push(() => marketplaceId === 0);
  if (query.number("tagId") !== undefined) tests.push(() => false);
  const rows = [...account.tables.customers.values()].filter((customer) => tests.every((test) => test(customer)));
  const keys = {
    name: (customer: CustomerRow) => (customer.address.name ?? "").toLowerCase(),
    modifydate: (customer: CustomerRow) => customer.modifiedAt,
    createdate: (customer: CustomerRow) => customer.createdAt,
  };
  return answerPage(account, query, {
    name: "customers",
    rows: sortRows(query, rows, keys, ({ customerId }) => customerId),
    render: renderCustomer,
  });
}

function getCustomer(account: Account, id: number): Answer {
  const customer = account.tables.customers.get(id);
  return customer ? ok(renderCustomer(customer)) : notFound("customer");
}
