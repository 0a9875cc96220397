import type { ErrorCode } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { exceeds, sumOf } from "./decimals.ts";
import type { ErpLine, ErpOrder, Label, LabelLine } from "./shipments.ts";

/** Pieces of one order line in one label. */
export interface Piece {
  line: ErpLine;
  quantity: number;
}

export type JoinedLabel = { ok: true; pieces: Piece[] } | { ok: false; code: ErrorCode; problems: Problem[] };

const sameSku = (left: string, right: string): boolean => left.trim().toUpperCase() === right.trim().toUpperCase();

/**
 * Join a label's lines to the order's, by the line key we sent: never by SKU alone, because two lines may hold one SKU.
 * A line without key (added or re-made by hand in ShipStation) is joined by SKU only where nothing is left to choose: exactly one
 * order line has the SKU, and no line of the label claims it by key.
 * Items that ShipStation lists twice under one `orderItemId` count once (facts: shipstation 3.1). All unknown lines are named at once.
 */
export function joinLabelLines(order: ErpOrder, lines: readonly LabelLine[]): JoinedLabel {
  const problems: Problem[] = [];
  const quantities = new Map<number, number>();
  const distinct = onceByItem(lines);
  const claimed = new Set(distinct.map((line) => keyedLine(order, line)?.lineNbr));
  for (const [index, line] of distinct.entries()) {
    const target = keyedLine(order, line) ?? lineBySku(order, line, claimed);
    if (!target || !Number.isFinite(line.quantity)) {
      problems.push(unknownLine(order, line, index, target));
      continue;
    }
    quantities.set(target.lineNbr, sumOf([quantities.get(target.lineNbr) ?? 0, line.quantity]));
  }
  if (problems.length > 0) return { ok: false, code: "label.line-unknown", problems };
  const pieces = order.lines.flatMap((line) => {
    const quantity = quantities.get(line.lineNbr);
    return quantity === undefined ? [] : [{ line, quantity }];
  });
  return { ok: true, pieces };
}

/** Lines that ship nothing are no lines; an unreadable quantity (NaN, or null after storage) stays, to be named. */
function onceByItem(lines: readonly LabelLine[]): LabelLine[] {
  const seen = new Set<number>();
  return lines.filter((line) => {
    if (Number.isFinite(line.quantity) && line.quantity <= 0) return false;
    if (line.orderItemId === undefined) return true;
    if (seen.has(line.orderItemId)) return false;
    seen.add(line.orderItemId);
    return true;
  });
}

/** The order line the key names. A key of another order (combined orders) may name a line by accident: then the SKU disagrees. */
function keyedLine(order: ErpOrder, line: LabelLine): ErpLine | undefined {
  const key = line.lineKey?.trim() ?? "";
  if (key === "") return undefined;
  const target = order.lines.find((candidate) => String(candidate.lineNbr) === key);
  if (!target || (line.sku !== undefined && !sameSku(line.sku, target.sku))) return undefined;
  return target;
}

function lineBySku(order: ErpOrder, line: LabelLine, claimed: ReadonlySet<number | undefined>): ErpLine | undefined {
  const { sku } = line;
  if (sku === undefined || (line.lineKey?.trim() ?? "") !== "") return undefined;
  const [only, ...others] = order.lines.filter((candidate) => sameSku(candidate.sku, sku));
  return only && others.length === 0 && !claimed.has(only.lineNbr) ? only : undefined;
}

function unknownLine(order: ErpOrder, line: LabelLine, index: number, target: ErpLine | undefined): Problem {
  const what = line.sku ?? line.name ?? "an item without SKU";
  const orderName = `${order.orderType} ${order.orderNbr}`;
  if (target) {
    return {
      field: `shipmentItems[${index}].quantity`,
      found: `no readable quantity of ${what}`,
      cure: `Book the parcel on order ${orderName} by hand, or correct the item in ShipStation and replay.`,
    };
  }
  const key = line.lineKey?.trim() ?? "";
  return {
    field: `shipmentItems[${index}].lineItemKey`,
    found: key === "" ? `${what}, without a line number` : `${what}, line ${key}`,
    cure: `Add the line to order ${orderName} in Acumatica (SO301000) or correct it in ShipStation, then replay.`,
  };
}

/** What of a label is more than the order has left; [] when all of it fits. */
export function overShipped(label: Label, pieces: readonly Piece[], left: ReadonlyMap<number, number>): Problem[] {
  return pieces.flatMap(({ line, quantity }) => {
    const open = left.get(line.lineNbr) ?? 0;
    if (!exceeds(quantity, open)) return [];
    return [
      {
        field: `Details[LineNbr=${line.lineNbr}].OpenQty`,
        found: `${open} open, ${quantity} of ${line.sku} on label ${label.id}`,
        cure: "Correct the open quantity of the line in Acumatica (SO301000), or void the label if the goods did not leave.",
      },
    ];
  });
}
