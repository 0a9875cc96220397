import type { Random } from "../../src/lib/random.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Call } from "./network.ts";
import type { People } from "./people.ts";
import type { Timeline } from "./timeline.ts";

const oneSeedIn = 4;
const soonMs = 40_000;

/** People who get in the way of a shipment while it is being made. */
export interface Interference {
  /** For as long as people act. */
  begin(phaseMs: number): void;
  /** A write was carried out: after the create of a shipment somebody may void one of its labels. */
  after(call: Call): void;
}

/**
 * In some seeds a label is voided within seconds of its shipment's making; in some a person makes a shipment of an order in the ERP, which
 * the labels then find. Drawn from a stream of its own.
 */
export function createInterference(options: {
  timeline: Timeline;
  random: Random;
  sandbox: Sandbox;
  people: People;
  mayAct: () => boolean;
}): Interference {
  const { timeline, random, sandbox, people, mayAct } = options;
  const { acumatica, shipstation } = sandbox;
  const voids = random.next() * oneSeedIn < 1;
  const makes = random.next() * oneSeedIn < 1 ? 1 + Math.floor(random.next() * 2) : 0;
  let endsAt = -Infinity;
  const act = (ms: number, what: () => string): void => {
    timeline.after(ms, timeline.world, "", () => {
      if (timeline.now() <= endsAt && mayAct()) timeline.note(`people: ${what()}`);
    });
  };

  function makeShipment(): string {
    const open = acumatica.tables.salesOrders.filter(({ Status, Shipments }) => Status === "Open" && !Shipments.length);
    const order = open[Math.floor(random.next() * open.length)];
    if (!order) return "no order to make a shipment of";
    people.touched.add(order.OrderNbr);
    try {
      acumatica.createShipment(order.OrderType, order.OrderNbr);
    } catch (error) {
      return `a shipment of ${order.OrderNbr} by hand: ${String(error)}`;
    }
    return `a shipment of ${order.OrderNbr} by hand`;
  }

  function voidOneOf(labelIds: readonly number[]): string {
    const labels = labelIds.flatMap((id) => shipstation.tables.shipments.get(id) ?? []);
    const label = labels.find(({ voidedAt }) => voidedAt === null);
    if (!label) return "no label to void";
    people.voided.add(label.shipmentId);
    people.touched.add(label.orderNumber);
    shipstation.voidLabel(label.shipmentId);
    return `void ${label.shipmentId} of ${label.orderNumber}, whose shipment is being made`;
  }

  return {
    begin: (phaseMs) => {
      endsAt = timeline.now() + phaseMs;
      for (let count = 0; count < makes; count++) act(random.next() * phaseMs, () => makeShipment());
    },
    after: ({ system, path, body }) => {
      if (!voids || system !== "acumatica" || !path.includes("/shipment") || !body.includes("[SS ")) return;
      if (random.next() < 0.5) return;
      const ids = [...(/\[SS ([^\]]+)\]/.exec(body)?.[1] ?? "").matchAll(/S(\d+)/g)].map(([, id]) => Number(id));
      act(random.next() * soonMs, () => voidOneOf(ids));
    },
  };
}
