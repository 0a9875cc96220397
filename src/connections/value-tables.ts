import { z } from "zod";
import type { TableName } from "../core/value-tables.ts";
import { invalid, problemsOf } from "./connection-file.ts";
import {
  boxCode,
  boxTable,
  shipViaCode,
  shipViaTable,
  shipStationId,
  words,
  type ConnectionSettings,
} from "./settings.ts";

/** A table as people see and hand it in: its rows, and what is used where no row fits. */
export interface ValueTables {
  "ship-via": { rows: ConnectionSettings["shipments"]["shipVia"]; default: string | null };
  "ship-from": { rows: { warehouse: string; shipFromId: number }[]; default: null };
  box: { rows: { package: string; box: string }[]; default: string | null };
  store: { rows: { orderType: string; storeId: number }[]; default: number | null };
}

export function tablesOf({ orders, shipments }: Pick<ConnectionSettings, "orders" | "shipments">): ValueTables {
  return {
    "ship-via": { rows: shipments.shipVia, default: shipments.defaultShipVia ?? null },
    "ship-from": {
      rows: Object.entries(orders.shipFrom).map(([warehouse, shipFromId]) => ({ warehouse, shipFromId })),
      default: null,
    },
    box: { rows: shipments.boxes ?? [], default: shipments.box ?? null },
    store: {
      rows: Object.entries(orders.storeByOrderType ?? {}).map(([orderType, storeId]) => ({ orderType, storeId })),
      default: orders.storeId ?? null,
    },
  };
}

/** Settings with one table replaced; the others stay. */
export function withTable<Name extends TableName>(
  settings: ConnectionSettings,
  name: Name,
  table: ValueTables[Name],
): ConnectionSettings {
  const { orders, shipments } = settings;
  const tables = { ...tablesOf(settings), [name]: table };
  const { storeId: _storeId, ...ordersLeft } = orders;
  const { defaultShipVia: _defaultShipVia, box: _box, ...shipmentsLeft } = shipments;
  const store = tables.store.default;
  const shipVia = tables["ship-via"].default;
  const box = tables.box.default;
  return {
    ...settings,
    orders: {
      ...ordersLeft,
      ...(store === null ? {} : { storeId: store }),
      shipFrom: Object.fromEntries(tables["ship-from"].rows.map((row) => [row.warehouse, row.shipFromId])),
      storeByOrderType: Object.fromEntries(tables.store.rows.map((row) => [row.orderType, row.storeId])),
    },
    shipments: {
      ...shipmentsLeft,
      ...(shipVia === null ? {} : { defaultShipVia: shipVia }),
      ...(box === null ? {} : { box }),
      shipVia: tables["ship-via"].rows,
      boxes: tables.box.rows,
    },
  };
}

const rowsOf = <T extends z.ZodType<Record<string, unknown>>>(row: T, key: string) =>
  z.array(row, { error: "Enter a list of rows." }).superRefine((rows, context) => {
    const seen = new Set<string>();
    for (const [index, each] of rows.entries()) {
      const code = String(each[key]).toLowerCase();
      const message = `Remove this row or the one before it: both are for the same ${key === "orderType" ? "order type" : key}.`;
      if (seen.has(code)) context.addIssue({ code: "custom", path: [index], message });
      seen.add(code);
    }
  });
const noDefault = z.null({ error: "This table has no default; leave the field out." }).default(null);

const schemas: { [Name in TableName]: z.ZodType<ValueTables[Name]> } = {
  "ship-via": z.strictObject({
    rows: shipViaTable,
    default: shipViaCode(", or leave the field out.").nullable().default(null),
  }),
  "ship-from": z.strictObject({
    rows: rowsOf(
      z.strictObject({ warehouse: words("Name the Acumatica warehouse."), shipFromId: shipStationId("warehouse") }),
      "warehouse",
    ),
    default: noDefault,
  }),
  box: z.strictObject({ rows: boxTable, default: boxCode.nullable().default(null) }),
  store: z.strictObject({
    rows: rowsOf(
      z.strictObject({ orderType: words("Name the order type."), storeId: shipStationId("store") }),
      "orderType",
    ),
    default: shipStationId("store").nullable().default(null),
  }),
};

/** Reads a table as it came. Throws ConnectorError `connection.invalid` with every problem: half pairs, duplicates, a carrier alone. */
export function parseTable<Name extends TableName>(name: Name, given: unknown): ValueTables[Name] {
  const schema: z.ZodType<ValueTables[Name]> = schemas[name];
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.flatMap((issue) => problemsOf(issue, given)));
}
