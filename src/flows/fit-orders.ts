import type { SalesOrder } from "../acumatica/entities.ts";
import { counted, ok, once, some, warning, type Finding, type Stage } from "../connections/fit-stages.ts";
import type { FitWatch } from "../connections/fit-watch.ts";
import { asConnectorError } from "../lib/errors.ts";
import { changedItems, changedOrders, type ReadDeps } from "./polls.ts";
import { sinceCursor } from "./streams.ts";
import { previewOf, previewedPerKind, type Preview } from "./preview.ts";

/** Calls that each listing may take; whoever has more is told so, and `preview` reads them all. */
const calls = { orders: 60, items: 40, live: 12 };

interface Looked {
  preview: Preview;
  orders: readonly SalesOrder[];
  /** What there was too much of to be read. */
  unread: string[];
}

/** What the orders at hand would become: decided by the code that decides when they are sent, and nothing is kept. */
export function orderStages(deps: ReadDeps, watch: FitWatch): Stage[] {
  const look = once(() => lookAtOrders(deps, watch));
  const { flows } = deps.connection.settings;
  return [
    {
      id: "orders",
      title: "Orders: what would go out",
      tried: `Orders changed in the last ${flows.startFromDays} days were read on both sides and planned, and nothing was sent.`,
      needs: ["acumatica-rights", "shipstation-plan"],
      look: async () => judgeOrders(await look()),
    },
    {
      id: "orders-tables",
      title: "Orders: value tables",
      tried: "The codes on those orders were looked up in the connection's value tables.",
      needs: ["orders"],
      look: async () =>
        judgeTables((await look()).orders, deps.connection.settings.orders, deps.connection.settings.shipments),
    },
  ];
}

async function lookAtOrders(deps: ReadDeps, watch: FitWatch): Promise<Looked> {
  const unread: string[] = [];
  /** Without items weights are missing, without ShipStation's orders what is there already is taken for new: both are said. */
  async function unlessTooMany<T>(what: string, work: () => Promise<T[]>): Promise<T[]> {
    try {
      return await work();
    } catch (thrown) {
      if (asConnectorError(thrown).code !== "fit.call-limit") throw thrown;
      unread.push(what);
      return [];
    }
  }
  const { orders, sinceMs } = await watch.within("acumatica", calls.orders, () => changedOrders(deps));
  const items = await unlessTooMany("stock items", () =>
    watch.within("acumatica", calls.items, () => changedItems(deps)),
  );
  const live = await unlessTooMany("orders in ShipStation", () =>
    watch.within("shipstation", calls.live, async () => {
      const since = await sinceCursor(deps, "shipstation.orders");
      const { rows, rest } = await deps.shipstation.listOrdersModified(since, "person");
      if (rest) throw rest.because;
      return rows;
    }),
  );
  return { preview: await previewOf(deps, { items, orders, sinceMs, live }), orders, unread };
}

function judgeOrders({ preview, unread }: Looked): Finding {
  const { counts, rules, orders, since } = preview;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = [
    [counts.create, "would be created in ShipStation"],
    [counts.update + counts.cancel + counts.hold, "would be updated there"],
    [counts.settled, counts.settled === 1 ? "needs nothing" : "need nothing"],
    [counts.filtered, counts.filtered === 1 ? "is left out by a rule" : "are left out by rules"],
    [counts.aborted, "would wait for a person"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const text =
    all === 0
      ? `No order has changed since ${since.slice(0, 10)}.`
      : `Of ${counted(all, "order")} changed since ${since.slice(0, 10)} ${told.join(", ")}.`;
  const refused = orders.filter(({ kind }) => kind === "aborted");
  const details = [
    ...rules.map(({ rule, count }) => `left out by ${rule}: ${count}`),
    ...reasonsOf(refused).map(([reason, keys]) => `refused, ${reason}: ${some(keys)}`),
    ...(counts.aborted > previewedPerKind ? [`The reasons are those of the first ${previewedPerKind}.`] : []),
    ...unread.map((what) => `There were too many ${what} to read them all in a check.`),
  ];
  const look = "See them one by one with `preview`, which sends nothing either.";
  if (counts.aborted > 0) {
    return warning(text, `Correct the fields named, or the value table. ${look}`, {
      details,
      meaning: "Orders that cannot be sent rightly are not sent: each would wait with its problems and their cures.",
    });
  }
  if (counts.create + counts.update + counts.settled === 0 && counts.filtered > 0) {
    return warning(text, `Look at the order types and statuses of the connection. ${look}`, {
      details,
      meaning: "As the connection is set, nothing would go out.",
    });
  }
  return ok(text, { details });
}

/** Orders by what is wrong with them: the field without its place in the order, or the reason. */
function reasonsOf(refused: Preview["orders"]): [reason: string, keys: string[]][] {
  const byReason = new Map<string, string[]>();
  for (const { key, text, problems } of refused) {
    const fields = [
      ...new Set(
        problems.map(({ field, found }) => `${field.replace(/\[\d+\]/g, "")}${found === "" ? " is missing" : ""}`),
      ),
    ];
    for (const reason of fields.length > 0 ? fields : [text ?? "unknown"]) {
      byReason.set(reason, [...(byReason.get(reason) ?? []), key]);
    }
  }
  return [...byReason].toSorted(([, left], [, right]) => right.length - left.length);
}

type Settings = ReadDeps["connection"]["settings"];

/** Of orders that could go out: Ship Via codes and warehouses that no row of a table names. */
function judgeTables(
  orders: readonly SalesOrder[],
  settings: Settings["orders"],
  shipments: Settings["shipments"],
): Finding {
  const mine = orders.filter(
    ({ OrderType = "", Status = "" }) =>
      settings.orderTypes.includes(OrderType.trim()) && settings.statuses.includes(Status.trim()),
  );
  const rows = shipments.shipVia.filter(({ direction }) => direction === "order" || direction === "both");
  const shipVias = unnamed(
    mine.map(({ ShipVia }) => ShipVia),
    rows.map(({ shipVia }) => shipVia),
  );
  const warehouses = unnamed(
    mine.flatMap(({ Details }) => (Details ?? []).map(({ WarehouseID }) => WarehouseID)),
    Object.keys(settings.shipFrom),
  );
  const details = [
    ...shipVias.map(([code, count]) => `Ship Via ${code} on ${counted(count, "order")}: no row for orders`),
    ...warehouses.map(([code, count]) => `warehouse ${code} on ${counted(count, "line")}: no row`),
  ];
  if (Object.keys(settings.shipFrom).length > 0 && warehouses.length > 0) {
    return warning(
      `No ship-from location is set for ${some(warehouses.map(([code]) => code))}.`,
      "Add them to the ship-from table of the connection.",
      { details, meaning: "Their orders go out without a ship-from location, and ShipStation takes its default one." },
    );
  }
  if (shipVias.length > 0) {
    return ok(
      `Of the codes on these orders ${counted(shipVias.length, "Ship Via code")} ${shipVias.length === 1 ? "has" : "have"} no row for orders: ${some(shipVias.map(([code]) => code))}.`,
      {
        details,
        meaning:
          "They travel as the requested service alone; a row with the direction `order` would set carrier and service.",
      },
    );
  }
  return ok(`Every code of the ${counted(mine.length, "order")} at hand that needs a row has one.`);
}

/** Codes that no row names, with how often each occurs, the most frequent first. */
function unnamed(codes: readonly (string | undefined)[], named: readonly string[]): [code: string, count: number][] {
  const known = new Set(named.map((code) => code.trim().toLowerCase()));
  const counts = new Map<string, number>();
  for (const code of codes) {
    const bare = code?.trim() ?? "";
    if (bare !== "" && !known.has(bare.toLowerCase())) counts.set(bare, (counts.get(bare) ?? 0) + 1);
  }
  return [...counts].toSorted(([, left], [, right]) => right - left);
}
