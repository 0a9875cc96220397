import { isVisible, type Account } from "./account.ts";
import { modelState, type Answer } from "./answers.ts";
import { answerPage, inWindow, isBetween, sortRows, type Query } from "./lists.ts";
import { parseWall } from "./pacific.ts";
import { renderOrder } from "./render.ts";
import type { OrderRow } from "./tables.ts";

/**
 * `GET /orders` with every documented filter (facts: shipstation 2.6). `orderNumber` is a "starts with" search, and a filter
 * the API does not know, such as `orderKey`, is ignored: the list comes unfiltered.
 */
export function listOrders(account: Account, query: Query): Answer {
  const tests = [
    ...orderTests(query, account.options.orderBorders),
    ...documentDateTests(query),
    ...undocumentedTests(query),
  ];
  const rows: OrderRow[] = [];
  for (const order of account.tables.orders.values()) {
    if (isVisible(account, order) && tests.every((test) => test(order))) rows.push(order);
  }
  return answerOrders(account, query, rows);
}

/** `GET /orders/listbytag`: status and tag are both required. */
export function listOrdersByTag(account: Account, query: Query): Answer {
  const status = query.text("orderStatus");
  const tagId = query.number("tagId");
  if (status === undefined || tagId === undefined) {
    return modelState({ request: ["The orderStatus and tagId fields are required."] });
  }
  const rows = [...account.tables.orders.values()].filter(
    (order) => isVisible(account, order) && order.orderStatus === status && order.tagIds.includes(tagId),
  );
  return answerOrders(account, query, rows);
}

function answerOrders(account: Account, query: Query, rows: OrderRow[]): Answer {
  const keys = {
    orderdate: (order: OrderRow) => order.sent.orderDate ?? "",
    modifydate: (order: OrderRow) => order.modifiedAt,
    createdate: (order: OrderRow) => order.createdAt,
  };
  const poison = new Set(account.options.poisonOrderIds);
  return answerPage(account, query, {
    name: "orders",
    rows: sortRows(query, rows, keys, ({ orderId }) => orderId),
    render: renderOrder,
    isPoison: ({ orderId }) => poison.has(orderId),
  });
}

type Test = (order: OrderRow) => boolean;

function orderTests(query: Query, borders: "exclusive" | "inclusive"): Test[] {
  const tests: Test[] = [];
  const number = query.text("orderNumber")?.toLowerCase();
  if (number) tests.push((order) => order.orderNumber.toLowerCase().startsWith(number));
  const status = query.text("orderStatus")?.toLowerCase();
  if (status) tests.push((order) => order.orderStatus === status);
  const storeId = query.number("storeId");
  if (storeId !== undefined) tests.push((order) => order.storeId === storeId);
  const name = query.text("customerName")?.toLowerCase();
  if (name) tests.push((order) => `${order.shipTo.name ?? ""} ${order.billTo.name ?? ""}`.toLowerCase().includes(name));
  const keyword = query.text("itemKeyword")?.toLowerCase();
  if (keyword) {
    tests.push((order) =>
      order.items.some((item) =>
        `${item.sku ?? ""} ${item.name ?? ""} ${JSON.stringify(item.options)}`.toLowerCase().includes(keyword),
      ),
    );
  }
  const created = inWindow(query, "createDate", borders);
  if (created) tests.push((order) => created(order.createdAt));
  const modified = inWindow(query, "modifyDate", borders);
  if (modified) tests.push((order) => modified(order.modifiedAt));
  return tests;
}

/** Dates that came with the order and are kept as the texts they were. */
function documentDateTests(query: Query): Test[] {
  return (["orderDate", "paymentDate"] as const).flatMap((name) => {
    const start = query.wall(`${name}Start`);
    const end = query.wall(`${name}End`);
    if (start === undefined && end === undefined) return [];
    return [
      (order: OrderRow) => {
        const wall = parseWall(order.sent[name] ?? "", false);
        return wall !== undefined && isBetween(wall, start, end, "inclusive");
      },
    ];
  });
}

/** What the webhooks' own URLs use. */
function undocumentedTests(query: Query): Test[] {
  const batch = query.text("importBatch");
  return batch === undefined ? [] : [(order) => order.importBatch === batch];
}
