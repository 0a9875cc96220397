import type { Random } from "../../src/lib/random.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";

/** What people do on both sides. Each act throws, or does nothing, when a screen would refuse. */
export interface People {
  /** One act, drawn; returns what was done. */
  act(): string;
  /** Enters a sales order. */
  order(): string;
  /** Prints a label for everything that waits, so that the story can come to its end. */
  shipAll(): number;
  /** Orders that somebody changed, held, cancelled, split, combined or deleted: for them more than one end is right. */
  touched: Set<string>;
  /** Label numbers that were voided. */
  voided: Set<number>;
}

type Act = [weight: number, name: string, act: () => string];

/** `mark`: what every order's address bears. `meddling`: how much people do besides entering orders and printing labels, 0 to 1. */
export function createPeople(sandbox: Sandbox, random: Random, meddling: number, mark?: string): People {
  const { acumatica, shipstation } = sandbox;
  const touched = new Set<string>();
  const voided = new Set<number>();
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error("nothing to do");
    return from[Math.floor(random.next() * from.length)]!;
  };
  const waiting = () =>
    [...shipstation.tables.orders.values()].filter(
      (order) => order.orderStatus === "awaiting_shipment" && order.deletedAt === null && order.mergedInto === null,
    );
  const openErp = () => acumatica.tables.salesOrders.filter((order) => ["Open", "On Hold"].includes(order.Status));
  const touch = (...keys: string[]): void => keys.forEach((key) => touched.add(key));

  function order(): string {
    const made = acumatica.createOrder();
    if (mark !== undefined) made.ShipToContact = { ...made.ShipToContact, Attention: mark };
    return `order ${made.OrderNbr}`;
  }

  /** Pieces of a line that are on no label yet. */
  const left = (
    orderId: number,
    line: { lineItemKey?: string | null | undefined; sku?: string | null | undefined; quantity: number },
  ): number =>
    [...shipstation.tables.shipments.values()]
      .filter((label) => label.orderId === orderId && label.voidedAt === null)
      .flatMap(({ items }) => items)
      .filter((item) => (line.lineItemKey ? item.lineItemKey === line.lineItemKey : item.sku === line.sku))
      .reduce((rest, { quantity }) => rest - quantity, line.quantity);

  function buy(): string {
    const one = pick(waiting());
    const lines = one.items.filter(({ quantity, adjustment }) => quantity > 0 && adjustment !== true);
    const how = random.next();
    if (how < 0.25) shipstation.buyLabels({ orderIds: [one.orderId], packages: 2 });
    else if (how < 0.45 && lines.length > 0) {
      const line = pick(lines.filter((each) => left(one.orderId, each) > 0));
      const quantity = 1 + Math.floor(random.next() * left(one.orderId, line));
      const by = line.lineItemKey ? { lineItemKey: line.lineItemKey } : { sku: line.sku ?? "" };
      shipstation.buyLabels({ orderIds: [one.orderId], items: [{ ...by, quantity }] });
    } else if (how < 0.6) {
      const others = waiting().slice(0, 3);
      shipstation.buyLabels({ orderIds: others.map(({ orderId }) => orderId) });
    } else shipstation.buyLabels({ orderIds: [one.orderId] });
    return `labels for ${one.orderNumber}`;
  }

  function voidOne(): string {
    const label = pick([...shipstation.tables.shipments.values()].filter(({ voidedAt }) => voidedAt === null));
    voided.add(label.shipmentId);
    touch(label.orderNumber);
    shipstation.voidLabel(label.shipmentId);
    return `void ${label.shipmentId} of ${label.orderNumber}`;
  }

  const editErp = (): string => {
    const one = pick(openErp());
    touch(one.OrderNbr);
    const line = pick(one.Details);
    const what = random.next();
    const edit = (change: Parameters<typeof acumatica.editOrder>[2]): unknown =>
      acumatica.editOrder(one.OrderType, one.OrderNbr, change);
    // Nobody lowers a line below what has left of it; whether the screen would refuse that is not established.
    const quantity = (): number => Math.max(line.closedQty, 1 + Math.floor(random.next() * 6));
    if (what < 0.3) edit({ lines: { quantity: { [line.LineNbr]: quantity() } } });
    else if (what < 0.5) edit({ description: `note ${Math.floor(random.next() * 1_000)}` });
    else if (what < 0.7) edit({ status: "On Hold" });
    else if (what < 0.9) edit({ status: "Open" });
    else edit({ status: "Canceled" });
    return `edit of ${one.OrderNbr} in the ERP, now ${one.Status}`;
  };

  function shipByHand(): string {
    const shipment = pick(acumatica.tables.shipments.filter(({ Status }) => Status === "Open"));
    touch(...shipment.Orders.map(({ OrderNbr }) => OrderNbr));
    if (random.next() < 0.6) acumatica.confirmShipment(shipment.ShipmentNbr);
    else acumatica.deleteShipment(shipment.ShipmentNbr);
    return `shipment ${shipment.ShipmentNbr} by hand, now ${shipment.Status}`;
  }

  function meddle(): string {
    const one = pick(waiting());
    touch(one.orderNumber);
    const what = random.next();
    const { orderId } = one;
    if (what < 0.2)
      shipstation.editOrder(orderId, { internalNotes: "call first", weight: { value: 9, units: "ounces" } });
    else if (what < 0.35) shipstation.markAsShipped(orderId, { trackingNumber: `HAND${orderId}`, carrierCode: "ups" });
    else if (what < 0.5) shipstation.cancelOrder(orderId);
    else if (what < 0.6) shipstation.deleteOrder(orderId);
    else if (what < 0.8) {
      const line = pick(one.items.filter(({ lineItemKey, quantity }) => lineItemKey && quantity > 1));
      shipstation.splitOrder(orderId, [{ [line.lineItemKey!]: 1 }]);
    } else {
      const other = pick(waiting().filter((row) => row.orderId !== orderId));
      touch(other.orderNumber);
      shipstation.mergeOrders([orderId, other.orderId]);
    }
    return `something with ${one.orderNumber} in ShipStation`;
  }

  const acts: Act[] = [
    [3, "order", order],
    [6, "buy", buy],
    [meddling, "void", voidOne],
    [meddling * 2, "edit", editErp],
    [meddling, "by hand", shipByHand],
    [meddling * 2, "meddle", meddle],
  ];

  return {
    touched,
    voided,
    order,
    act: () => {
      let at = random.next() * acts.reduce((sum, [weight]) => sum + weight, 0);
      const [, name, act] = acts.find(([weight]) => (at -= weight) < 0) ?? acts[0]!;
      try {
        return act();
      } catch (error) {
        return `${name}: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
    shipAll: () => {
      let bought = 0;
      for (const { orderId } of waiting()) {
        try {
          bought += shipstation.buyLabels({ orderIds: [orderId] }).length;
        } catch {
          // A screen would refuse it: an order without a line, say.
        }
      }
      return bought;
    },
  };
}
