import { createHash } from "node:crypto";
import type { Fetch } from "../../lib/http.ts";
import type { AcumaticaSandboxOptions } from "./options.ts";
import type { SalesOrderRow, StockItemRow, Tables } from "./tables.ts";

/** A definition as it is made on the form SM302000: an inquiry that is watched, and where its changes are sent. */
export interface PushDefinition {
  /** The inquiry's name, as people gave it. */
  query: string;
  watches: "SalesOrder" | "StockItem";
  url: string;
  /** The one header a destination may have. */
  header: { name: string; value: string };
}

export interface PushNotification {
  id: string;
  query: string;
  url: string;
  body: string;
  attempts: number;
  /** Of the latest attempt: the receiver's status, or that nobody answered. `lost`: it failed before it was sent. */
  outcome: number | "failed" | "lost" | "waiting";
}

/** Push notifications of one tenant (facts: acumatica 6.1, payloads 4.8). */
export interface Pushes {
  /** From now on changes are told. */
  add(definition: PushDefinition): void;
  /** Compares the watched rows with those of the last look, and tells what is new. */
  notice(): void;
  /** All, the latest last. */
  notifications: readonly PushNotification[];
  /** What the form SM502000 lists: sent as often as allowed, and never answered well. */
  failed(): readonly PushNotification[];
  /** A person sends a listed one again; throws Error for one that is not listed. */
  resend(id: string): void;
  /** Resolves when none is under way. */
  drain(): Promise<void>;
}

/** Documented: an answer that is an error leads to as many attempts. */
const mostAttempts = 5;
const kept = 1_000;

interface Watch {
  definition: PushDefinition;
  /** Rows as they were, by id. */
  seen: Map<string, InquiryRow>;
}
type InquiryRow = Record<string, unknown>;

export function createPushes(
  tenant: { name: string; tables: Tables },
  options: AcumaticaSandboxOptions,
  fetch: Fetch | undefined,
): Pushes {
  const watches: Watch[] = [];
  const notifications: PushNotification[] = [];
  const underWay = new Set<Promise<void>>();
  let made = 0;
  let held: (() => void) | undefined;

  async function attempt(notification: PushNotification, { header }: PushDefinition): Promise<boolean> {
    if (fetch === undefined) return false;
    notification.attempts++;
    const headers = { "content-type": "application/json", [header.name]: header.value };
    try {
      const request = new Request(notification.url, { method: "POST", headers, body: notification.body });
      const response = await fetch(request);
      await response.body?.cancel();
      notification.outcome = response.status;
      return response.ok;
    } catch {
      notification.outcome = "failed";
      return false;
    }
  }

  async function deliver(notification: PushNotification, definition: PushDefinition): Promise<void> {
    if ((options.pushDelayMs ?? 0) > 0) await options.clock.sleep(options.pushDelayMs ?? 0);
    for (let tries = 0; tries < mostAttempts; tries++) {
      if (tries > 0) await options.clock.sleep(options.pushRetryMs ?? 0);
      if (!(await attempt(notification, definition))) continue;
      // Neither guaranteed nor exactly once: the same notification may come again although it was answered well.
      if (options.pushTwice === true && tries === 0) await attempt(notification, definition);
      return;
    }
  }

  function start(notification: PushNotification, definition: PushDefinition): void {
    const delivery = deliver(notification, definition).finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  }

  function tell(definition: PushDefinition, inserted: InquiryRow[], deleted: InquiryRow[]): void {
    const id = idOf(++made);
    const notification: PushNotification = {
      ...{ id, query: definition.query, url: definition.url, attempts: 0 },
      body: bodyOf({ id, query: definition.query, tenant: tenant.name, inserted, deleted, now: options.clock.now() }),
      outcome: "waiting",
    };
    notifications.push(notification);
    if (notifications.length > kept) notifications.shift();
    if (fetch === undefined || (options.losePushes ?? 0) > 0) {
      if (options.losePushes !== undefined) options.losePushes--;
      notification.outcome = "lost";
      return;
    }
    const send = (): void => start(notification, definition);
    if (options.swapPushes !== true) send();
    else if (held) {
      const earlier = held;
      held = undefined;
      send();
      earlier();
    } else held = send;
  }

  return {
    notifications,
    add: (definition) => {
      watches.push({ definition, seen: rowsOf(tenant.tables, definition.watches) });
    },
    notice: () => {
      for (const watch of watches) {
        const now = rowsOf(tenant.tables, watch.definition.watches);
        for (const [id, row] of now) {
          const before = watch.seen.get(id);
          if (before !== undefined && JSON.stringify(before) === JSON.stringify(row)) continue;
          tell(watch.definition, [row], before ? [asDeleted(before)] : []);
        }
        for (const [id, before] of watch.seen) if (!now.has(id)) tell(watch.definition, [], [asDeleted(before)]);
        watch.seen = now;
      }
    },
    failed: () => notifications.filter(isFailed),
    resend: (id) => {
      const notification = notifications.find((each) => each.id === id && isFailed(each));
      const watch = watches.find(({ definition }) => definition.url === notification?.url);
      if (!notification || !watch) throw new Error(`there is no failed notification ${id}`);
      notification.outcome = "waiting";
      start(notification, watch.definition);
    },
    drain: async () => {
      held?.();
      held = undefined;
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const isFailed = ({ attempts, outcome }: PushNotification): boolean =>
  attempts >= mostAttempts && (outcome === "failed" || (typeof outcome === "number" && outcome >= 300));

/** Values are bare, names are the inquiry's. */
function rowsOf(tables: Tables, watches: PushDefinition["watches"]): Map<string, InquiryRow> {
  const rows: (SalesOrderRow | StockItemRow)[] = watches === "SalesOrder" ? tables.salesOrders : tables.stockItems;
  return new Map(rows.map((row) => [row.id, "OrderNbr" in row ? orderRow(row) : itemRow(row)]));
}

const orderRow = (order: SalesOrderRow): InquiryRow => ({
  OrderType: order.OrderType,
  OrderNbr: order.OrderNbr,
  Status: order.Status,
  SOOrder_lastModifiedDateTime: stampOf(order.LastModified),
});

const itemRow = (item: StockItemRow): InquiryRow => ({
  InventoryID: item.InventoryID,
  StockItem: true,
  ItemStatus: item.ItemStatus,
  InventoryItem_lastModifiedDateTime: stampOf(item.LastModifiedDateTime),
});

/** Without a zone, zeros at the end of the fraction cut. */
const stampOf = (ms: number): string => new Date(ms).toISOString().replace(/\.?0*Z$/, "");

/** The row before the change: its keys are padded, and its time may be the later one. */
function asDeleted(row: InquiryRow): InquiryRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      if (name.endsWith("lastModifiedDateTime")) return [name, stampOf(Date.parse(`${value}Z`) + 3)];
      return [name, /^(OrderNbr|InventoryID)$/.test(name) ? value.padEnd(15) : value];
    }),
  );
}

const unixEpochTicks = 621_355_968_000_000_000n;

/** `TimeStamp` is a number of .NET ticks above 2^53, which only text can hold. */
function bodyOf(told: {
  id: string;
  query: string;
  tenant: string;
  inserted: InquiryRow[];
  deleted: InquiryRow[];
  now: number;
}): string {
  const ticks = unixEpochTicks + BigInt(told.now) * 10_000n + 4_192n;
  const head = {
    Inserted: told.inserted,
    Deleted: told.deleted,
    Query: told.query,
    CompanyId: told.tenant,
    Id: told.id,
  };
  return `${JSON.stringify(head).slice(0, -1)},"TimeStamp":${ticks},"AdditionalInfo":{}}`;
}

function idOf(number: number): string {
  const hex = createHash("md5").update(`push ${number}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
