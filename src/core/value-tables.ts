import { chooseBox, chooseShipVia } from "./ship-via.ts";
import type { ShipViaRow, ShipmentSettings } from "./shipments.ts";

/** The connection's value tables, each at home in its settings. */
export const tableNames = ["ship-via", "ship-from", "box", "store"] as const;
export type TableName = (typeof tableNames)[number];

/** A code as orders or labels carried it; `service` is `carrier/service/package`. */
export interface Code {
  list: "ship-via" | "warehouse" | "order-type" | "service" | "package";
  code: string;
}

/** As far as the tables go. */
export interface TableSettings {
  orders: { storeId?: number; storeByOrderType?: Record<string, number>; shipFrom: Record<string, number> };
  shipments: ShipmentSettings;
}

/** The parts of a `service` code. */
export function partsOfService(code: string): { carrier: string; service?: string; package?: string } {
  const [carrier = "", service = "", box = ""] = code.split("/");
  return { carrier, ...(service === "" ? {} : { service }), ...(box === "" ? {} : { package: box }) };
}

export const serviceCode = (of: {
  carrier?: string | undefined;
  service?: string | undefined;
  package?: string | undefined;
}): string => {
  const part = (text: string | undefined): string => (text ?? "").trim().replaceAll("/", " ");
  return part(of.carrier) === "" ? "" : [of.carrier, of.service, of.package].map(part).join("/");
};

const same = (left: string, right: string): boolean => left.trim().toUpperCase() === right.trim().toUpperCase();
const hasKey = (table: Record<string, unknown> | undefined, code: string): boolean =>
  Object.keys(table ?? {}).some((key) => same(key, code));
const hasCode = (rows: readonly ShipViaRow[], code: string): boolean => rows.some((row) => same(row.shipVia, code));

/** The table that has no row for this code; undefined when it is mapped. A default for all does not map a service. */
export function tableLacking({ list, code }: Code, { orders, shipments }: TableSettings): TableName | undefined {
  switch (list) {
    case "ship-via":
      return hasCode(shipments.shipVia, code) ? undefined : "ship-via";
    case "service":
      return chooseShipVia(partsOfService(code), shipments).kind === "mapped" ? undefined : "ship-via";
    case "warehouse":
      return hasKey(orders.shipFrom, code) ? undefined : "ship-from";
    case "package":
      return chooseBox({ package: code }, shipments) === undefined ? "box" : undefined;
    case "order-type":
      return orders.storeId !== undefined || hasKey(orders.storeByOrderType, code) ? undefined : "store";
  }
}
