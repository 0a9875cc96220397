import type { Problem } from "../lib/problem.ts";
import type { Label, ShipmentSettings } from "./shipments.ts";

export type ShipViaChoice =
  | { kind: "mapped"; shipVia: string }
  | { kind: "default"; shipVia: string; warning: Problem }
  | { kind: "unmapped"; problem: Problem };

const key = (text: string | undefined): string => (text ?? "").trim().toLowerCase();

/**
 * The Ship Via code of a label by value table: the row of its carrier and service, else the carrier's own row, else the
 * connection's default with a visible warning. Never the raw name: Acumatica knows only its own codes (facts: acumatica 4.6). Fulfilments
 * carry display names ("UPS", not `ups`) and no service, so they need a row of their own (facts: shipstation 3.2).
 */
export function chooseShipVia(label: Pick<Label, "carrier" | "service">, settings: ShipmentSettings): ShipViaChoice {
  const carrier = key(label.carrier);
  const service = key(label.service);
  const rows =
    carrier === "" ? [] : settings.shipVia.filter((row) => key(row.carrier) === carrier && row.shipVia.trim() !== "");
  const row =
    (service === "" ? undefined : rows.find((candidate) => key(candidate.service) === service)) ??
    rows.find((candidate) => key(candidate.service) === "");
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
