import type { Problem } from "../lib/problem.ts";
import type { Label, ShipmentSettings, ShipViaRow } from "./shipments.ts";

export type ShipViaChoice =
  | { kind: "mapped"; shipVia: string }
  | { kind: "default"; shipVia: string; warning: Problem }
  | { kind: "unmapped"; problem: Problem };

/** ShipStation's carrier, service and perhaps package, as an order carries them. */
export interface CarrierService {
  carrier: string;
  service: string;
  package?: string;
}

/** Of a row: every service of its carrier. Said outright, so that a forgotten service is not taken for it. */
export const everyService = "*";

const key = (text: string | undefined): string => (text ?? "").trim().toLowerCase();
const isEveryService = (row: ShipViaRow): boolean => ["", everyService].includes(key(row.service));

/**
 * The Ship Via code of a label by value table: the row of its carrier and service (the one of its package before one of no
 * package), else the carrier's row for every service, else the connection's default with a visible warning. Never the raw name:
 * Acumatica knows only its own codes (facts: acumatica 4.6). Fulfilments carry display names ("UPS", not `ups`) and no service, so they
 * need a row of their own (facts: shipstation 3.2).
 */
export function chooseShipVia(
  label: Pick<Label, "carrier" | "service" | "package">,
  settings: ShipmentSettings,
): ShipViaChoice {
  const rows = rowsOfCarrier(label.carrier, settings);
  const service = key(label.service);
  const ofService = service === "" ? [] : rows.filter((row) => key(row.service) === service);
  const row = rowOfPackage(ofService, label.package) ?? rowOfPackage(rows.filter(isEveryService), label.package);
  if (row) return { kind: "mapped", shipVia: row.shipVia.trim() };
  const found = [label.carrier?.trim(), label.service?.trim()].filter((part) => part).join(" / ") || "no carrier";
  const cure = "Add a row for this carrier and service to the Ship Via table of the connection";
  const fallback = settings.defaultShipVia?.trim();
  if (!fallback) return { kind: "unmapped", problem: { field: "carrierCode", found, cure: `${cure}, or a default.` } };
  return {
    kind: "default",
    shipVia: fallback,
    warning: { field: "carrierCode", found, cure: `${cure}; the default ${fallback} was used.` },
  };
}

function rowsOfCarrier(carrier: string | undefined, settings: ShipmentSettings): ShipViaRow[] {
  const wanted = key(carrier);
  if (wanted === "") return [];
  return settings.shipVia.filter(
    (row) => key(row.carrier) === wanted && row.shipVia.trim() !== "" && row.direction !== "order",
  );
}

/** Of rows of one service: its package's, else the one without a package; of other packages only where all say the same. */
function rowOfPackage(rows: readonly ShipViaRow[], wanted: string | undefined): ShipViaRow | undefined {
  const exact = rows.find((row) => key(row.package) !== "" && key(row.package) === key(wanted));
  const plain = rows.find((row) => key(row.package) === "");
  const agreeing = new Set(rows.map((row) => key(row.shipVia))).size === 1 ? rows[0] : undefined;
  return exact ?? plain ?? agreeing;
}

/** The other direction: what an order with this Ship Via asks of ShipStation; undefined where no row says so. */
export function serviceOfShipVia(shipVia: string | undefined, rows: readonly ShipViaRow[]): CarrierService | undefined {
  const wanted = key(shipVia);
  if (wanted === "") return undefined;
  const row = rows.find((each) => fillsOrders(each) && key(each.shipVia) === wanted && !isEveryService(each));
  if (row?.service === undefined) return undefined;
  const box = row.package?.trim();
  return { carrier: row.carrier.trim(), service: row.service.trim(), ...(box ? { package: box } : {}) };
}

/** Whether a row also says what orders of its Ship Via carry. */
export const fillsOrders = (row: ShipViaRow): boolean => row.direction === "order" || row.direction === "both";

/** The box of a label's package in Acumatica: by ShipStation's package, else the connection's one for all. */
export function chooseBox(label: Pick<Label, "package">, settings: ShipmentSettings): string | undefined {
  const wanted = key(label.package);
  const row = wanted === "" ? undefined : settings.boxes?.find((each) => key(each.package) === wanted);
  return row?.box.trim() ?? settings.box;
}
