import type { Clock } from "../lib/clock.ts";
import { asConnectorError, type ConnectorError } from "../lib/errors.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import { ownAcumaticaStores } from "../shipstation/v1/own-store.ts";
import type { SsStore } from "../shipstation/v1/entities.ts";
import type { ShipStationV2Client } from "../shipstation/v2/client.types.ts";
import { lookUp, type AddressPorts } from "./fit-acumatica.ts";
import { clockStage } from "./fit-clock.ts";
import { counted, failed, failedBy, ok, once, warning, type Finding, type Stage } from "./fit-stages.ts";
import { judgeKeyAge } from "./fit-key-age.ts";
import type { FitWatch } from "./fit-watch.ts";
import type { Connection } from "./store.ts";

export interface ShipStationPorts extends AddressPorts {
  clock: Clock;
  watch: FitWatch;
  /** When the key pair was entered here; nothing tells when it was made. */
  keyAddedAt: Date | undefined;
  /** Undefined where the connection has no key of V2. */
  shipstationV2?: Pick<ShipStationV2Client, "listCarriers"> | undefined;
}

export function shipStationStages(
  connection: Connection,
  shipstation: ShipStationClient,
  ports: ShipStationPorts,
): Stage[] {
  const { settings } = connection;
  /** The first call: it shows whether the key is good and the plan includes the API. */
  const stores = once(async (): Promise<{ rows: SsStore[] } | { error: ConnectorError }> => {
    try {
      return { rows: await shipstation.listStores("person") };
    } catch (thrown) {
      return { error: asConnectorError(thrown) };
    }
  });
  const rows = async (): Promise<SsStore[]> => {
    const answer = await stores();
    if ("error" in answer) throw answer.error;
    return answer.rows;
  };
  const afterPlan = ["shipstation-plan"];
  return [
    {
      id: "shipstation-address",
      title: "ShipStation: address",
      tried: `The name in ${settings.shipstation.origin} was looked up, and its addresses held against what may be called.`,
      needs: [],
      look: () => lookUp(settings.shipstation.origin, ports),
    },
    {
      id: "shipstation-key",
      title: "ShipStation: API key",
      tried: "The stores were asked for with the key pair.",
      needs: ["shipstation-address"],
      look: async () => judgeKey(await stores()),
    },
    {
      id: "shipstation-plan",
      title: "ShipStation: plan",
      tried: "The same answer was looked at for what the plan includes.",
      needs: ["shipstation-key"],
      look: async () => judgePlan(await stores()),
    },
    {
      id: "shipstation-key-age",
      title: "ShipStation: age of the key",
      tried: "The day on which the key pair was entered here was looked up.",
      needs: ["shipstation-key"],
      look: () => Promise.resolve(judgeKeyAge(ports.keyAddedAt, ports.clock.now())),
    },
    {
      id: "shipstation-stores",
      title: "ShipStation: stores",
      tried: "The account's stores were read.",
      needs: afterPlan,
      look: async () => judgeStores(await rows(), storesIn(connection)),
    },
    {
      id: "shipstation-rival",
      title: "ShipStation: its own Acumatica store",
      tried: "The account's stores were looked through for ShipStation's own connection to Acumatica.",
      needs: afterPlan,
      look: async () => judgeRival(await rows()),
    },
    {
      id: "shipstation-carriers",
      title: "ShipStation: carriers and Ship Via table",
      tried: "The account's carriers were read.",
      needs: afterPlan,
      look: () => judgeCarriers(shipstation, connection),
    },
    {
      id: "shipstation-warehouses",
      title: "ShipStation: warehouses",
      tried: "The account's ship-from locations were read.",
      needs: afterPlan,
      look: () => judgeWarehouses(shipstation, settings.orders.shipFrom),
    },
    {
      id: "shipstation-budget",
      title: "ShipStation: calls left this minute",
      tried: "What the first answer said of the calls left was compared with the calls made here.",
      needs: afterPlan,
      look: () => Promise.resolve(judgeBudget(ports.watch.seen.shipstation)),
    },
    clockStage("shipstation", "shipstation-plan", ports.watch),
    {
      id: "shipstation-v2",
      title: "ShipStation: API V2",
      tried: ports.shipstationV2
        ? "The carriers were asked for with the V2 key."
        : "Nothing: the connection has no V2 key.",
      needs: ["shipstation-address"],
      look: () => judgeV2(ports.shipstationV2),
    },
  ];
}

type Stores = { rows: SsStore[] } | { error: ConnectorError };

function judgeKey(answer: Stores): Finding {
  if (!("error" in answer)) return ok("ShipStation accepts the API key.");
  const { error } = answer;
  if (error.code === "shipstation.plan") return ok("ShipStation knows the API key.");
  if (error.code !== "shipstation.credentials") return failedBy(error);
  return failed(
    "ShipStation refused the API key: it is wrong, revoked or expired (keys live 3, 6 or 12 months).",
    error.cure,
    { details: [error.message] },
  );
}

const judgePlan = (answer: Stores): Finding =>
  "error" in answer ? failedBy(answer.error) : ok("The plan includes the API.");

/** Numbers of the stores the connection files orders in. */
const storesIn = ({ settings }: Connection): number[] => [
  ...new Set([
    ...(settings.orders.storeId === undefined ? [] : [settings.orders.storeId]),
    ...Object.values(settings.orders.storeByOrderType ?? {}),
  ]),
];

/** A store into which orders are put by hand or by the API, and that imports none. */
const isManual = ({ marketplaceId, marketplaceName = "" }: SsStore): boolean =>
  (marketplaceId ?? 0) === 0 || /manual|^shipstation$/i.test(marketplaceName);

function judgeStores(stores: readonly SsStore[], wanted: readonly number[]): Finding {
  const details = stores.map(
    (store) => `${store.storeId} ${store.storeName ?? ""}${store.marketplaceName ? ` (${store.marketplaceName})` : ""}`,
  );
  const missing = wanted.filter((id) => !stores.some((store) => store.storeId === id));
  if (missing.length > 0) {
    const cure = "Set orders.storeId to one of the numbers listed, or leave it out.";
    return failed(`The account has no store ${missing.join(", ")}.`, cure, { details });
  }
  const importing = stores.filter((store) => wanted.includes(store.storeId) && !isManual(store));
  if (importing.length > 0) {
    const names = importing.map(({ storeId, marketplaceName }) => `${storeId} (${marketplaceName ?? "unknown"})`);
    return warning(
      `The connection files orders in the store ${names.join(", ")}, which imports orders of its own.`,
      "Make a manual store in ShipStation for the connector, and set orders.storeId to it.",
      { details, meaning: "Orders of the ERP would stand among those of the marketplace, and follow its settings." },
    );
  }
  const text = stores.length === 1 ? "The account has one store." : `The account has ${stores.length} stores.`;
  return ok(wanted.length === 0 ? `${text} No store is chosen: new orders go to the account's manual one.` : text, {
    details,
  });
}

function judgeRival(stores: readonly SsStore[]): Finding {
  const { active, off } = ownAcumaticaStores(stores);
  const [rival] = active;
  if (!rival) {
    const more = off.length > 0 ? " There is one, and it is off." : "";
    return ok(`ShipStation's own Acumatica store is not in use.${more}`);
  }
  return warning(
    `ShipStation's own Acumatica store "${rival.storeName ?? rival.storeId}" is active: orders would come in twice.`,
    "Deactivate that store in ShipStation before the connector sends its first order.",
    { meaning: "Two programs would bring every order, and both would mark it shipped in the ERP." },
  );
}

async function judgeCarriers(shipstation: ShipStationClient, { settings }: Connection): Promise<Finding> {
  const carriers = await shipstation.listCarriers("person");
  const { shipVia, defaultShipVia } = settings.shipments;
  const mapped = new Set(shipVia.map(({ carrier }) => carrier.toLowerCase()));
  const known = new Set(carriers.map(({ code }) => code.toLowerCase()));
  const details = carriers.map(
    ({ code, name }) =>
      `${code}${name ? ` (${name})` : ""}: ${mapped.has(code.toLowerCase()) ? "mapped" : "not mapped"}`,
  );
  const table = "Ship Via table of the connection";
  if (carriers.length === 0) {
    return warning("The account has no carrier: no label can be bought.", "Add a carrier in ShipStation.");
  }
  const unmapped = carriers.filter(({ code }) => !mapped.has(code.toLowerCase())).map(({ code }) => code);
  if (unmapped.length > 0 && defaultShipVia === undefined) {
    return warning(
      `No Ship Via code is set for ${unmapped.join(", ")}: their labels would wait for a person.`,
      `Add rows to the ${table}, or set a default.`,
      { details },
    );
  }
  // Fulfilments carry display names, which no list of carriers holds (facts: shipstation 3.2).
  const strangers = shipVia.map(({ carrier }) => carrier).filter((carrier) => !known.has(carrier.toLowerCase()));
  if (strangers.length > 0) {
    details.push(`In the ${table}, but no carrier of this account: ${[...new Set(strangers)].join(", ")}`);
  }
  const gone = await servicesGone(shipstation, shipVia, known);
  if (gone.length > 0) {
    return warning(
      `The ${table} names services that the account does not have: ${gone.join(", ")}.`,
      "Correct the rows; `tables choices` lists what both systems have on offer.",
      {
        details,
        meaning: "A row for a service that nobody can choose is never used; its labels fall to the next row, or wait.",
      },
    );
  }
  const some = carriers.length === 1 ? "one carrier" : `${carriers.length} carriers`;
  return ok(`The account has ${some}, and every label gets a Ship Via code.`, { details });
}

/** Carriers whose services are looked at: one call each. */
const carriersAsked = 8;

/** `carrier/service` of rows whose carrier the account has, and whose service it has not. */
async function servicesGone(
  shipstation: ShipStationClient,
  rows: Connection["settings"]["shipments"]["shipVia"],
  known: ReadonlySet<string>,
): Promise<string[]> {
  const named = rows.flatMap(({ carrier, service }) =>
    service === undefined || service === "*" || !known.has(carrier.toLowerCase()) ? [] : [{ carrier, service }],
  );
  const gone: string[] = [];
  for (const carrier of [...new Set(named.map((row) => row.carrier))].slice(0, carriersAsked)) {
    const services = new Set((await shipstation.listServices(carrier, "person")).map(({ code }) => code.toLowerCase()));
    for (const { service } of named.filter((row) => row.carrier === carrier)) {
      if (!services.has(service.toLowerCase())) gone.push(`${carrier}/${service}`);
    }
  }
  return [...new Set(gone)];
}

async function judgeWarehouses(shipstation: ShipStationClient, shipFrom: Record<string, number>): Promise<Finding> {
  const warehouses = await shipstation.listWarehouses("person");
  const details = warehouses.map(
    ({ warehouseId, warehouseName, isDefault }) =>
      `${warehouseId} ${warehouseName ?? ""}${isDefault ? " (default)" : ""}`,
  );
  const missing = Object.entries(shipFrom).filter(
    ([, id]) => !warehouses.some(({ warehouseId }) => warehouseId === id),
  );
  if (missing.length > 0) {
    const pairs = missing.map(([warehouse, id]) => `${warehouse} to ${id}`).join(", ");
    const cure = "Set orders.shipFrom to the numbers listed.";
    return failed(`The account has no such warehouse: ${pairs}.`, cure, { details });
  }
  if (warehouses.length === 0) {
    return warning("The account has no warehouse.", "Add a ship-from location in ShipStation.");
  }
  const some = warehouses.length === 1 ? "one warehouse" : `${warehouses.length} warehouses`;
  return ok(`The account has ${some}.`, { details });
}

/** Beyond our own share of the window's calls, somebody else's. */
const othersCalls = 5;

/** `before` of our calls were made in this window at most: what is gone beyond them others used (facts: shipstation 1.3). */
function judgeBudget({ firstBudget }: FitWatch["seen"]["shipstation"]): Finding {
  if (!firstBudget) {
    return warning(
      "ShipStation did not tell how many calls are left.",
      "Nothing to do: 40 calls a minute are assumed.",
    );
  }
  const { limit, remaining, resetSeconds, callsBefore } = firstBudget;
  const others = Math.max(0, limit - remaining - callsBefore - 1);
  const text = `${remaining} of ${limit} calls were left for the next ${resetSeconds} seconds at the first call of this check`;
  if (others > othersCalls) {
    return warning(
      `${text}: others have used ${others} in this minute.`,
      "Find out which program uses this key, and give the connector a key pair of its own.",
      {
        meaning:
          "The minute's calls are shared by all who use the key: the connector would often wait. The connector's own flows count, too.",
      },
    );
  }
  return ok(`${text}${others === 0 ? "" : `; ${others} were used by others or by the connector's flows`}.`);
}

const v2Adds =
  "V2 finds an order by its key when an answer was lost, shows labels as PDF and tracking links, sees voids at once, and signs its webhooks.";

async function judgeV2(v2: ShipStationPorts["shipstationV2"]): Promise<Finding> {
  if (!v2) {
    return ok("The connection works with V1 alone.", { meaning: v2Adds });
  }
  try {
    const carriers = await v2.listCarriers("person");
    return ok(`The V2 key works; V2 sees ${counted(carriers.length, "carrier")}.`, { meaning: v2Adds });
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (error.code === "fit.call-limit") throw error;
    return warning(`The V2 key does not work: ${error.message}`, error.cure, {
      meaning: `The connector goes on with V1 alone. ${v2Adds}`,
    });
  }
}
