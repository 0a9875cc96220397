import type { Problem } from "../lib/problem.ts";
import { exceeds, sumOf } from "./decimals.ts";
import { isWritable } from "./orders.ts";
import { confirmGate, isDone, statusOf } from "./shipment-gate.ts";
import { isPackageMark, markedLabels, packageMark } from "./shipment-mark.ts";
import { sameTracking } from "./shipment-match.ts";
import type { ErpPackage, ErpShipment } from "./shipments.ts";

/** What is compared, as both systems show it now. */
export interface TwoSides {
  orders: readonly ComparedOrder[];
  /** Of orders of ours; no return labels. */
  labels: readonly ComparedLabel[];
  shipments: readonly ComparedShipment[];
}

export interface ComparedOrder {
  key: string;
  /** What the ERP asks of ShipStation; nothing when the order is shipped there, or left out by a rule. */
  wish: "ship" | "hold" | "cancel" | "nothing";
  /** Why it cannot be expressed; then nothing is known of what it asks for. */
  problems: readonly Problem[];
  lines: readonly AskedLine[];
  /** The linked ShipStation order. */
  linkedId: number | undefined;
  /** A write of ours was sent for it: whatever bears its key in ShipStation is ours. */
  isOurs: boolean;
  /** What was last sent is what the ERP asks now: a replay would change nothing. */
  isSent: boolean;
  /** The linked order, or without a link the one that bears its key. */
  live: LiveOrder | undefined;
  record: RecordNote | undefined;
}

/** What our record says, for the person who reads the difference. */
export interface RecordNote {
  text: string | undefined;
  cure: string | undefined;
}

export interface AskedLine {
  lineNbr: number;
  sku: string;
  /** Not on any ERP shipment yet. */
  toShip: number;
  onShipments: number;
}

export interface LiveOrder {
  orderId: number;
  status: string;
  mergedOrSplit: boolean;
  /** Lines that bear a key of ours; undefined where only the mirror knows the order. */
  lines: readonly { lineKey: string; quantity: number }[] | undefined;
}

export interface ComparedLabel {
  id: string;
  /** Its order's record. */
  orderKey: string;
  tracking: string | undefined;
  voided: boolean;
  /** We believe it is in the ERP: a replay would say so again. */
  isProcessed: boolean;
  record: RecordNote | undefined;
}

export interface ComparedShipment extends ErpShipment {
  /** Labels of ours whose mark it bears. */
  labelIds: readonly string[];
  /** We believe it was confirmed: somebody has opened it again since. */
  isProcessed: boolean;
}

export const differenceKinds = [
  "missing-in-shipstation",
  "not-linked",
  "link-gone",
  "cancelled-on-one-side",
  "held-on-one-side",
  "quantities-differ",
  "label-missing-in-erp",
  "voided-after-shipping",
  "shipment-unconfirmed",
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  kind: DifferenceKind;
  /** The records it is about. */
  records: { kind: "order" | "label"; key: string }[];
  text: string;
  cure: string;
  /** Whether a replay of its records is the cure, or the last step of it. */
  byReplay: boolean;
  problems: readonly Problem[];
}

/** Every difference between the two sides, with its cure. Two sides on which nothing is left to do have none. */
export function compareSides({ orders, labels, shipments }: TwoSides): Difference[] {
  return [
    ...orders.flatMap(compareOrder),
    ...labels.flatMap((label) => compareLabel(label, shipments)),
    ...shipments.flatMap(compareUnconfirmed),
  ];
}

function difference(
  kind: DifferenceKind,
  order: ComparedOrder,
  rest: Omit<Difference, "kind" | "records">,
): Difference {
  return { kind, records: [{ kind: "order", key: order.key }], ...rest };
}

const replayCure = "Replay the order.";

function compareOrder(order: ComparedOrder): Difference[] {
  const { live, wish, linkedId } = order;
  if (wish === "nothing") return [];
  if (linkedId === undefined && live === undefined) return wish === "ship" ? [missing(order)] : [];
  if (linkedId === undefined && live && wish === "ship") return [notLinked(order, live)];
  if (live === undefined) return wish === "cancel" ? [] : [linkGone(order)];
  const status = compareStatus(order, live);
  return status ? [status] : compareLines(order, live);
}

function missing(order: ComparedOrder): Difference {
  const { problems, record } = order;
  const known = record?.cure ?? replayCure;
  return difference("missing-in-shipstation", order, {
    text: `Ready to ship in Acumatica, and not in ShipStation. ${record?.text ?? ""}`.trim(),
    cure:
      problems.length > 0
        ? "Correct the fields named in Acumatica, then replay the order."
        : record === undefined
          ? "The next poll brings it: wake or resume the connection."
          : known,
    byReplay: record !== undefined,
    problems,
  });
}

function notLinked(order: ComparedOrder, live: LiveOrder): Difference {
  return difference("not-linked", order, {
    text: `ShipStation order ${live.orderId} bears the key of this order and is not linked to it.`,
    cure: order.isOurs
      ? replayCure
      : "It was not made by this connection: remove it, or give the connection's order key template a part of its own. Then replay the order.",
    byReplay: order.record !== undefined,
    problems: [],
  });
}

function linkGone(order: ComparedOrder): Difference {
  return difference("link-gone", order, {
    text: `ShipStation order ${order.linkedId ?? ""} no longer exists; Acumatica still waits for it.`,
    cure: "It was deleted or combined with another: ship it by hand, or cancel it in Acumatica. It is never created a second time.",
    byReplay: false,
    problems: [],
  });
}

function compareStatus(order: ComparedOrder, live: LiveOrder): Difference | undefined {
  const { wish, isSent } = order;
  // What was sent once is not sent again: somebody has undone it in ShipStation since.
  const byReplay = !isSent && order.linkedId !== undefined && isWritable(live.status) && !live.mergedOrSplit;
  if (wish === "cancel" && live.status !== "cancelled") {
    return difference("cancelled-on-one-side", order, {
      text: `Cancelled in Acumatica; ShipStation order ${live.orderId} is ${live.status}.`,
      cure: byReplay ? replayCure : "Cancel it in ShipStation by hand, or take it up again in Acumatica.",
      byReplay,
      problems: [],
    });
  }
  if (wish === "ship" && live.status === "cancelled") {
    return difference("cancelled-on-one-side", order, {
      text: `ShipStation order ${live.orderId} is cancelled; Acumatica still asks for it to be shipped.`,
      cure: "Cancel it in Acumatica, or restore it in ShipStation.",
      byReplay: false,
      problems: [],
    });
  }
  if (wish === "hold" && isWritable(live.status) && live.status !== "on_hold") {
    return difference("held-on-one-side", order, {
      text: `On hold in Acumatica; ShipStation order ${live.orderId} is ${live.status}.`,
      cure: byReplay ? replayCure : "Put it on hold in ShipStation by hand, or release it in Acumatica.",
      byReplay,
      problems: [],
    });
  }
  return undefined;
}

/**
 * What is open falls with every ERP shipment while ShipStation keeps what it was sent, so anything from what is still to ship up to
 * what was asked in all is right. The parts of a split order hold some of it each, and are passed over.
 */
function compareLines(order: ComparedOrder, live: LiveOrder): Difference[] {
  if (order.wish !== "ship" || live.mergedOrSplit || live.lines === undefined || order.problems.length > 0) return [];
  const asked = new Map(order.lines.map((line) => [String(line.lineNbr), line]));
  const held = new Map<string, number>();
  for (const { lineKey, quantity } of live.lines) held.set(lineKey, sumOf([held.get(lineKey) ?? 0, quantity]));
  const problems = [...new Set([...asked.keys(), ...held.keys()])].flatMap((lineKey): Problem[] => {
    const line = asked.get(lineKey);
    const there = held.get(lineKey) ?? 0;
    const least = line?.toShip ?? 0;
    const most = sumOf([least, line?.onShipments ?? 0]);
    if (!exceeds(least, there) && !exceeds(there, most)) return [];
    return [
      {
        field: `line ${lineKey}${line ? ` (${line.sku})` : ""}`,
        found: `${there} in ShipStation, ${most} in Acumatica`,
        cure: "Bring both to the same quantity.",
      },
    ];
  });
  if (problems.length === 0) return [];
  const byReplay = !order.isSent && isWritable(live.status);
  return [
    difference("quantities-differ", order, {
      text: `ShipStation order ${live.orderId} holds other quantities than Acumatica.`,
      cure: byReplay
        ? replayCure
        : isWritable(live.status)
          ? "Somebody changed it in ShipStation: correct it there, or change the order in Acumatica."
          : "It can no longer be changed in ShipStation: correct the order in Acumatica.",
      byReplay,
      problems,
    }),
  ];
}

function compareLabel(label: ComparedLabel, shipments: readonly ComparedShipment[]): Difference[] {
  const records = [{ kind: "label" as const, key: label.id }];
  const holding = shipments.filter(
    ({ status, packages }) => statusOf(status) !== "cancelled" && packages.some((parcel) => isOfLabel(label, parcel)),
  );
  if (label.voided) {
    return holding
      .filter(({ status }) => isDone(status))
      .map(({ number }) => ({
        kind: "voided-after-shipping",
        records,
        text: `Label ${label.tracking ?? label.id} of ${label.orderKey} is voided; shipment ${number} with its package is confirmed.`,
        cure: "Use Correct Shipment in Acumatica (SO302000) while it is not invoiced, and remove the package.",
        byReplay: false,
        problems: [],
      }));
  }
  if (holding.length > 0) return [];
  return [
    {
      kind: "label-missing-in-erp",
      records,
      text: `No shipment in Acumatica has a package with the tracking number ${label.tracking ?? "of this label, which has none"} (${label.orderKey}). ${
        label.record?.text ?? ""
      }`.trim(),
      cure: cureOfMissing(label),
      byReplay: label.record !== undefined && !label.isProcessed,
      problems: [],
    },
  ];
}

function cureOfMissing({ isProcessed, record }: ComparedLabel): string {
  if (record === undefined) return "The next poll brings it: wake the connection.";
  if (isProcessed) return "It was there: somebody changed the package. Enter the tracking number in Acumatica by hand.";
  return record.cure ?? "Replay the label.";
}

/** By tracking number; a package that bears another label's mark is that label's, even under one master tracking number. */
const isOfLabel = (label: ComparedLabel, { tracking, mark }: ErpPackage): boolean =>
  sameTracking(label.tracking, tracking) && (!isPackageMark(mark) || mark?.trim() === packageMark(label.id));

/** Labels whose marks a shipment bears, on its packages or in its description. */
export function labelsMarkedOn({ packages, description }: ErpShipment): string[] {
  const onPackages = packages.flatMap(({ mark }) => (isPackageMark(mark) ? [(mark ?? "").trim().slice(2)] : []));
  return [...new Set([...onPackages, ...markedLabels(description)])];
}

function compareUnconfirmed(shipment: ComparedShipment): Difference[] {
  const gate = confirmGate(shipment);
  if (shipment.labelIds.length === 0 || gate.kind === "done" || statusOf(shipment.status) === "cancelled") return [];
  const isOpen = gate.kind === "confirm";
  return [
    {
      kind: "shipment-unconfirmed",
      records: shipment.labelIds.map((key) => ({ kind: "label", key })),
      text: `Shipment ${shipment.number} was made for labels of ours and is ${shipment.status || "in no status"}, not confirmed.`,
      cure: shipment.isProcessed
        ? "It was confirmed and somebody has opened it again: confirm it in Acumatica (SO302000), or delete it."
        : `${isOpen ? "Replay" : "Bring the shipment to the status Open, then replay"} its labels.`,
      byReplay: !shipment.isProcessed,
      problems: gate.kind === "person" ? gate.problems : [],
    },
  ];
}
