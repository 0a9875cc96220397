import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { ShipStationOptions } from "./options.ts";
import { acumaticaStoreId } from "./reference-data.ts";
import type { OrderRow, ShipStationTables, StoreRow } from "./tables.ts";

/** One sandbox account: its rows, its settings, and the ports everything in this folder shares. */
export interface Account {
  clock: Clock;
  random: Random;
  options: ShipStationOptions;
  tables: ShipStationTables;
  nextId: NextId;
  /** Labels of an order, oldest first. */
  labelsByOrder: Map<number, number[]>;
  /** Orders whose address will be validated, oldest due time first. */
  validations: { dueAt: number; orderId: number }[];
  /** A person's or a fault's wish: refuse this order of a createorders call with this text. */
  refuseOrder: (orderNumber: string, index: number) => string | undefined;
  /** Tells that something happened; webhooks are made of it. */
  notify: (happening: Happening) => void;
}

/** What webhooks tell about. */
export type Happening =
  | { kind: "labels"; batchId: number; storeIds: number[]; isReturn: boolean }
  | { kind: "orders"; importBatch: string; storeIds: number[] }
  | { kind: "fulfillment"; fulfillmentId: number; storeIds: number[] };

/** Ids as large as real ones; `orderItemId` exceeds 32 bits (facts: payloads 1, rule 6). */
const firstIds = {
  order: 521_466_104,
  item: 1_202_324_501_400,
  shipment: 342_265_036,
  fulfillment: 33_974_374,
  product: 43_691_668,
  customer: 312_934_379,
  webhook: 3_189,
  batch: 187_980_859,
  batchNumber: 100_300,
  warehouse: 601_100,
  tracking: 10_001,
};
export type NextId = (kind: keyof typeof firstIds) => number;

/** `from`: how far above the first ones; no two accounts have one id. */
export function createIds(from = 0): NextId {
  const next = { ...firstIds };
  for (const kind of Object.keys(next) as (keyof typeof firstIds)[]) next[kind] += from;
  return (kind) => next[kind]++;
}

/** Whether the API shows this order at all. */
export function isVisible(account: Account, order: OrderRow): boolean {
  if (order.deletedAt !== null) return false;
  return order.mergedInto === null || account.options.mergedAway === "listed";
}

export function findOrder(account: Account, orderId: number): OrderRow | undefined {
  const order = account.tables.orders.get(orderId);
  return order && isVisible(account, order) ? order : undefined;
}

/** ShipStation's own Acumatica store exists only where the account is set up so. */
export function visibleStores(account: Account): StoreRow[] {
  return [...account.tables.stores.values()].filter(
    ({ storeId }) => storeId !== acumaticaStoreId || account.options.ownAcumaticaStore,
  );
}

export function touch(account: Account, order: OrderRow): void {
  order.modifiedAt = account.clock.now();
}
