import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { exceeds, roundTo } from "./decimals.ts";
import { joinLabelLines, overShipped } from "./label-lines.ts";
import type { Piece } from "./label-lines.ts";
import { chooseShipVia } from "./ship-via.ts";
import type { ErpOrder, Label, LabelProblem, ShipmentSettings } from "./shipments.ts";

/** A label with all that a shipment needs of it. */
export interface ReadyLabel {
  label: Label;
  tracking: string;
  shippedOn: string;
  shipVia: string;
  /** None for a further parcel of goods that another label lists. */
  pieces: Piece[];
  warning?: Problem;
}

/** Length of Packages[].TrackingNbr (facts: acumatica 4.1). */
const trackingLimit = 60;

/**
 * Take the labels one by one, oldest first, as long as the order has something open for them. Those with a problem are named, each once,
 * with all that is wrong with it.
 */
export function readyLabels(
  order: ErpOrder,
  labels: readonly Label[],
  settings: ShipmentSettings,
): { ready: ReadyLabel[]; problems: LabelProblem[] } {
  const usable = inOrder(labels).filter((label) => !label.voided && !label.isReturn);
  const left = new Map(order.lines.map((line) => [line.lineNbr, Math.max(0, line.openQty)]));
  const ready: ReadyLabel[] = [];
  const problems: LabelProblem[] = [];
  const take = (label: Label, contents: Contents): void => {
    const faults = [...(contents.ok ? [] : [contents]), ...faultsOf(label, settings)];
    const pieces = contents.ok ? contents.pieces : [];
    const tooMuch = overShipped(label, pieces, left);
    if (tooMuch.length > 0) faults.push({ code: "label.over-shipped", problems: tooMuch });
    const [first] = faults;
    if (first) {
      problems.push({ labelId: label.id, code: first.code, problems: faults.flatMap((fault) => fault.problems) });
      return;
    }
    for (const { line, quantity } of pieces)
      left.set(line.lineNbr, roundTo((left.get(line.lineNbr) ?? 0) - quantity, 6));
    ready.push(readyLabel(label, pieces, settings));
  };
  const listed = usable.filter(listsItems);
  const silent = usable.filter((label) => !listsItems(label));
  for (const label of listed) take(label, joinLabelLines(order, label.lines ?? []));
  const hasLabels = usable.some((label) => label.source === "label");
  for (const label of silent)
    take(label, silentContents(label, order, { left, hasLabels, hasReady: ready.length > 0 }));
  return { ready, problems };
}

interface Fault {
  code: ErrorCode;
  problems: Problem[];
}
type Contents = { ok: true; pieces: Piece[] } | ({ ok: false } & Fault);

/** An unreadable quantity counts as an item, so that it is named and not passed over. */
const listsItems = (label: Label): boolean =>
  (label.lines ?? []).some((line) => line.quantity > 0 || !Number.isFinite(line.quantity));

/**
 * What a label that lists no items holds.
 * An order marked as shipped never lists any: it is the whole open remainder, but only where no label tells otherwise (facts: shipstation 3.2).
 * A label without items is a further parcel of the goods the others list. Alone it says nothing, and a person looks.
 */
function silentContents(
  label: Label,
  order: ErpOrder,
  others: { left: ReadonlyMap<number, number>; hasLabels: boolean; hasReady: boolean },
): Contents {
  const unknown = (found: string, cure: string): Contents => ({
    ok: false,
    code: "label.line-unknown",
    problems: [{ field: "shipmentItems", found, cure }],
  });
  if (label.source === "label") {
    if (label.lines !== undefined && others.hasReady) return { ok: true, pieces: [] };
    return unknown(
      "the label lists no items",
      "Book the parcel in Acumatica by hand; ShipStation does not say what is in it.",
    );
  }
  if (others.hasLabels) {
    return unknown(
      "marked as shipped, which lists no items, beside labels of the same order",
      "Book the parcel in Acumatica by hand: it cannot be told which goods it holds.",
    );
  }
  // Several marks of one order share its goods: the first takes them, each is a parcel.
  if (others.hasReady) return { ok: true, pieces: [] };
  const pieces = order.lines.flatMap((line) => {
    const quantity = others.left.get(line.lineNbr) ?? 0;
    return exceeds(quantity, 0) ? [{ line, quantity }] : [];
  });
  if (pieces.length > 0) return { ok: true, pieces };
  return {
    ok: false,
    code: "label.over-shipped",
    problems: [
      {
        field: "Details.OpenQty",
        found: "the order has nothing open",
        cure: "If the goods were booked by hand, enter the tracking number there; otherwise correct the open quantity and replay.",
      },
    ],
  };
}

/** What a shipment needs of a label besides its goods. */
function faultsOf(label: Label, settings: ShipmentSettings): Fault[] {
  const faults: Fault[] = [];
  const fault = (code: ErrorCode, field: string, found: string, cure: string): void => {
    faults.push({ code, problems: [{ field, found, cure }] });
  };
  const tracking = label.tracking?.trim() ?? "";
  if (tracking === "") {
    fault(
      "label.no-tracking",
      "trackingNumber",
      "nothing",
      "Enter the tracking number in ShipStation and replay, or confirm the shipment in Acumatica by hand.",
    );
  } else if (tracking.length > trackingLimit) {
    fault(
      "label.no-tracking",
      "trackingNumber",
      tracking.slice(0, 100),
      `Acumatica takes ${trackingLimit} characters: correct the tracking number in ShipStation and replay.`,
    );
  }
  if (shipDate(label) === undefined) {
    fault(
      "shipstation.unreadable",
      "shipDate",
      "nothing",
      "Read the label again; report it if it stays without a date.",
    );
  }
  const choice = chooseShipVia(label, settings);
  if (choice.kind === "unmapped") faults.push({ code: "label.unmapped-service", problems: [choice.problem] });
  return faults;
}

function readyLabel(label: Label, pieces: Piece[], settings: ShipmentSettings): ReadyLabel {
  const choice = chooseShipVia(label, settings);
  return {
    label,
    tracking: label.tracking?.trim() ?? "",
    shippedOn: shipDate(label) ?? "",
    shipVia: choice.kind === "unmapped" ? "" : choice.shipVia,
    pieces,
    ...(choice.kind === "default" && { warning: choice.warning }),
  };
}

/** The day on the label, else the day it was made: both are Pacific calendar dates. */
const shipDate = (label: Label): string | undefined =>
  [label.shippedOn, label.createdAt]
    .map((text) => /^\d{4}-\d{2}-\d{2}/.exec(text ?? "")?.[0])
    .find((on) => on !== undefined);

/** Oldest first, so that the earlier label gets what is open; each label once. */
function inOrder(labels: readonly Label[]): Label[] {
  const byId = new Map(labels.map((label) => [label.id, label]));
  return [...byId.values()].toSorted((left, right) => {
    const [first, second] = [`${left.createdAt ?? ""} ${left.id}`, `${right.createdAt ?? ""} ${right.id}`];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}
