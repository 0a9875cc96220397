import { newId } from "../../lib/random.ts";
import { touch, type Account } from "./account.ts";
import { neverVerified, scheduleValidation, unverified } from "./address.ts";
import { bindingRefusal, notFound, refusalText, ruleRefusal, type Answer } from "./answers.ts";
import { bind } from "./binding.ts";
import { textMember } from "./call.ts";
import { bearCustomer, bearProduct } from "./catalog.ts";
import { carriesReadOnly, isLocked, isSavable, refusalOf, targetOf, type SavableOrder } from "./order-rules.ts";
import { manualStoreId } from "./reference-data.ts";
import { insertOrder, orderShape, type BoundItem, type BoundOrder, type ItemRow, type OrderRow } from "./tables.ts";

/** Create or update by `orderKey`, with everything the server does to what was sent (facts: shipstation 2.1, payloads 2.4). */
export type Saved = { kind: "saved"; order: OrderRow; isNew: boolean } | { kind: "refused"; answer: Answer };

const refused = (answer: Answer): Saved => ({ kind: "refused", answer });

/** Binds and saves one document of createorder. */
export function saveDocument(account: Account, body: unknown, importBatch: string): Saved {
  if (account.options.refuseReadOnly && carriesReadOnly(body)) return refused({ status: 400 });
  const { value, errors } = bind(orderShape, body, account.options);
  if (errors.length > 0 || value === null) return refused(bindingRefusal("apiOrder", errors));
  return saveOrder(account, value, importBatch);
}

function saveOrder(account: Account, order: BoundOrder, importBatch: string): Saved {
  const refusal = refusalOf(account, order);
  if (refusal) return refused(refusal);
  if (!isSavable(order)) return refused({ status: 400 });
  const storeId = order.advancedOptions?.storeId ? order.advancedOptions.storeId : manualStoreId;
  const target = targetOf(account, order, storeId);
  switch (target.kind) {
    case "gone":
    case "ambiguous":
      return refused(notFound("order"));
    case "none":
      return { kind: "saved", order: createOrder(account, order, storeId, importBatch), isNew: true };
    case "order": {
      const row = account.tables.orders.get(target.orderId);
      if (!row) return refused(notFound("order"));
      if (!isLocked(row.orderStatus)) return { kind: "saved", order: updateOrder(account, row, order), isNew: false };
      return saveLocked(account, row, order, importBatch);
    }
  }
}

/** Shipped and cancelled orders are locked; what the real call answers is unknown, so it can be chosen. */
function saveLocked(account: Account, row: OrderRow, order: SavableOrder, importBatch: string): Saved {
  switch (account.options.lockedUpdate) {
    case "ignored":
      return { kind: "saved", order: row, isNew: false };
    case "refused":
      return refused(
        ruleRefusal([`Orders with status '${row.orderStatus}' can not be updated.`], account.options.ruleBody),
      );
    case "creates-new":
      return { kind: "saved", order: createOrder(account, order, row.storeId, importBatch), isNew: true };
  }
}

function createOrder(account: Account, order: SavableOrder, storeId: number, importBatch: string): OrderRow {
  const now = account.clock.now();
  const row: OrderRow = {
    orderId: account.nextId("order"),
    orderNumber: order.orderNumber,
    orderKey: order.orderKey ?? newId(account.random),
    orderStatus: order.orderStatus,
    storeId,
    warehouseId: sentWarehouse(order),
    createdAt: now,
    modifiedAt: now,
    deletedAt: null,
    mergedInto: null,
    mergedOrSplit: order.advancedOptions?.mergedOrSplit ?? false,
    mergedIds: [],
    parentId: order.advancedOptions?.parentId ?? null,
    customerId: bearCustomer(account, order),
    shipTo: unverified(order.shipTo),
    billTo: neverVerified(order.billTo),
    items: newItems(account, order.items),
    // Tags of a create are dropped, whatever was sent.
    tagIds: [],
    userId: null,
    holdUntilDate: null,
    externallyFulfilled: false,
    importBatch,
    sentShipTo: JSON.stringify(order.shipTo),
    sent: kept(account, order),
  };
  insertOrder(account.tables, row);
  scheduleValidation(account, row);
  return row;
}

/** The whole resource replaces the old one: what was left out is gone. */
function updateOrder(account: Account, row: OrderRow, order: SavableOrder): OrderRow {
  const sentShipTo = JSON.stringify(order.shipTo);
  row.orderNumber = order.orderNumber;
  row.orderStatus = order.orderStatus;
  row.warehouseId = sentWarehouse(order);
  row.customerId = bearCustomer(account, order);
  row.billTo = neverVerified(order.billTo);
  row.tagIds = row.tagIds.filter((tagId) => order.tagIds?.includes(tagId));
  row.items = replacedItems(account, row.items, order.items);
  row.sent = kept(account, order);
  if (sentShipTo !== row.sentShipTo && !sameAddress(row, order)) {
    row.shipTo = unverified(order.shipTo);
    scheduleValidation(account, row);
  }
  row.sentShipTo = sentShipTo;
  if (row.orderStatus !== "on_hold") row.holdUntilDate = null;
  touch(account, row);
  return row;
}

/** A client may send back the validated address it read. */
function sameAddress(row: OrderRow, order: SavableOrder): boolean {
  const { addressVerified: _verdict, ...live } = row.shipTo;
  return JSON.stringify(live) === JSON.stringify(order.shipTo);
}

/** 0 means none. */
function sentWarehouse(order: BoundOrder): number | null {
  const warehouseId = order.advancedOptions?.warehouseId ?? 0;
  return warehouseId === 0 ? null : warehouseId;
}

const cut = (text: string | null, length = 100): string | null => text?.slice(0, length) ?? null;

/** Custom fields hold 100 characters; the rest is cut off silently. The lengths of other texts are guessed. */
function kept(account: Account, sent: SavableOrder): BoundOrder {
  const isCut = account.options.longText === "cut";
  const order = isCut
    ? { ...sent, internalNotes: cut(sent.internalNotes, 1_000), customerNotes: cut(sent.customerNotes, 1_000) }
    : sent;
  const options = order.advancedOptions;
  if (!options) return order;
  return {
    ...order,
    advancedOptions: {
      ...options,
      customField1: cut(options.customField1),
      customField2: cut(options.customField2),
      customField3: cut(options.customField3),
    },
  };
}

function newItems(account: Account, items: BoundOrder["items"]): ItemRow[] {
  return (items ?? []).flatMap((item) => (item ? [newItem(account, item)] : []));
}

function newItem(account: Account, item: BoundItem): ItemRow {
  const now = account.clock.now();
  return {
    ...item,
    name: account.options.longText === "cut" ? cut(item.name, 200) : item.name,
    orderItemId: account.nextId("item"),
    productId: bearProduct(account, item),
    quantity: item.quantity ?? 0,
    createdAt: now,
    modifiedAt: now,
  };
}

/** Whether an update keeps `orderItemId` is unknown; the pessimistic reading gives every line a new one. */
function replacedItems(account: Account, before: ItemRow[], items: BoundOrder["items"]): ItemRow[] {
  if (account.options.itemsOnUpdate === "replace") return newItems(account, items);
  return newItems(account, items).map((item) => {
    const same = item.lineItemKey && before.find(({ lineItemKey }) => lineItemKey === item.lineItemKey);
    return same ? { ...item, orderItemId: same.orderItemId, createdAt: same.createdAt } : item;
  });
}

export interface BulkResultRow {
  orderId: number | null;
  orderNumber: string | null;
  orderKey: string | null;
  success: boolean;
  errorMessage: string | null;
}

export interface SavedInBulk {
  result: BulkResultRow;
  row: OrderRow | undefined;
  isNew: boolean;
}

/** One element of createorders, saved or refused for itself. */
export function saveInBulk(account: Account, body: unknown, index: number, importBatch: string): SavedInBulk {
  const orderNumber = textMember(body, "orderNumber") ?? null;
  const orderKey = textMember(body, "orderKey") ?? null;
  const wish = account.refuseOrder(orderNumber ?? "", index);
  const saved =
    wish === undefined
      ? saveDocument(account, body, importBatch)
      : refused(ruleRefusal([wish], account.options.ruleBody));
  if (saved.kind === "refused") {
    const errorMessage = refusalText(saved.answer);
    return {
      result: { orderId: null, orderNumber, orderKey, success: false, errorMessage },
      row: undefined,
      isNew: false,
    };
  }
  const { order, isNew } = saved;
  return {
    result: {
      orderId: order.orderId,
      orderNumber: order.orderNumber,
      orderKey: order.orderKey,
      success: true,
      errorMessage: null,
    },
    row: order,
    isNew,
  };
}
