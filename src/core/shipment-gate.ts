import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import type { ErpShipment } from "./shipments.ts";

export type ConfirmGate =
  { kind: "confirm" } | { kind: "done" } | { kind: "person"; code: ErrorCode; problems: Problem[] };

/** One spelling for a status: no padding, no case, and both spellings of "Canceled". */
export const statusOf = (status: string): string => status.trim().toLowerCase().replace("canceled", "cancelled");

/** The goods have left the ERP's stock, whoever confirmed them (facts: acumatica 4.1, failures 3.4 step 4). */
const done = new Set(["confirmed", "invoiced", "partially invoiced", "completed", "receipted"]);

/** Whether a status says that the shipment is confirmed. An unknown status does not. */
export const isDone = (status: string): boolean => done.has(statusOf(status));

/** Decide whether a shipment may be confirmed. A confirmed one is done, whoever did it; whatever is neither open nor done needs a person. */
export function confirmGate(actual: ErpShipment): ConfirmGate {
  if (isDone(actual.status)) return { kind: "done" };
  if (statusOf(actual.status) === "open" && actual.hold !== true) return { kind: "confirm" };
  return {
    kind: "person",
    code: "shipment.blocked",
    problems: [
      {
        field: "Status",
        found: `${actual.status.trim() === "" ? "nothing" : actual.status.trim()}${actual.hold === true ? ", with Hold set" : ""}`,
        cure: `Bring shipment ${actual.number} to the status Open on the Shipments form (SO302000), or confirm it there; then replay.`,
      },
    ],
  };
}
