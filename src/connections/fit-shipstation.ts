import { asConnectorError, type ConnectorError } from "../lib/errors.ts";
import type { ShipStationClient } from "../shipstation/v1/client.types.ts";
import type { SsStore } from "../shipstation/v1/entities.ts";
import { lookUp, type AddressPorts } from "./fit-acumatica.ts";
import { failed, failedBy, ok, once, warning, type Finding, type Stage } from "./fit-stages.ts";
import type { Connection } from "./store.ts";

/** ShipStation's number for its own Acumatica store integration. */
const acumaticaMarketplace = 115;
/** Below this share of the limit, somebody else uses the key, too: we have made three calls. */
const fewCallsLeft = 0.5;

export function shipStationStages(
  connection: Connection,
  shipstation: ShipStationClient,
  ports: AddressPorts,
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
      needs: [],
      look: () => lookUp(settings.shipstation.origin, ports),
    },
    {
      id: "shipstation-key",
      title: "ShipStation: API key",
      needs: ["shipstation-address"],
      look: async () => judgeKey(await stores()),
    },
    {
      id: "shipstation-plan",
      title: "ShipStation: plan",
      needs: ["shipstation-key"],
      look: async () => judgePlan(await stores()),
    },
    {
      id: "shipstation-stores",
      title: "ShipStation: stores",
      needs: afterPlan,
      look: async () => judgeStores(await rows(), settings.orders.storeId),
    },
    {
      id: "shipstation-carriers",
      title: "ShipStation: carriers and Ship Via table",
      needs: afterPlan,
      look: () => judgeCarriers(shipstation, connection),
    },
    {
      id: "shipstation-warehouses",
      title: "ShipStation: warehouses",
      needs: afterPlan,
      look: () => judgeWarehouses(shipstation, settings.orders.shipFrom),
    },
    {
      id: "shipstation-budget",
      title: "ShipStation: calls left this minute",
      needs: afterPlan,
      look: () => Promise.resolve(judgeBudget(shipstation)),
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
    [error.message],
  );
}

const judgePlan = (answer: Stores): Finding =>
  "error" in answer ? failedBy(answer.error) : ok("The plan includes the API.");

function judgeStores(stores: readonly SsStore[], storeId: number | undefined): Finding {
  const details = stores.map(
    (store) => `${store.storeId} ${store.storeName ?? ""}${store.marketplaceName ? ` (${store.marketplaceName})` : ""}`,
  );
  if (storeId !== undefined && !stores.some((store) => store.storeId === storeId)) {
    const cure = "Set orders.storeId to one of the numbers listed, or leave it out.";
    return failed(`The account has no store ${storeId}.`, cure, details);
  }
  const rival = stores.find(
    (store) =>
      store.active !== false &&
      (store.marketplaceId === acumaticaMarketplace || /acumatica/i.test(store.marketplaceName ?? "")),
  );
  if (rival) {
    return warning(
      `ShipStation's own Acumatica store "${rival.storeName ?? rival.storeId}" is active: orders would come in twice.`,
      "Deactivate that store in ShipStation before the connector sends its first order.",
      details,
    );
  }
  return ok(stores.length === 1 ? "The account has one store." : `The account has ${stores.length} stores.`, details);
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
      details,
    );
  }
  // Fulfilments carry display names, which no list of carriers holds (facts: shipstation 3.2).
  const strangers = shipVia.map(({ carrier }) => carrier).filter((carrier) => !known.has(carrier.toLowerCase()));
  if (strangers.length > 0) {
    details.push(`In the ${table}, but no carrier of this account: ${[...new Set(strangers)].join(", ")}`);
  }
  const some = carriers.length === 1 ? "one carrier" : `${carriers.length} carriers`;
  return ok(`The account has ${some}, and every label gets a Ship Via code.`, details);
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
    return failed(`The account has no such warehouse: ${pairs}.`, cure, details);
  }
  if (warehouses.length === 0) {
    return warning("The account has no warehouse.", "Add a ship-from location in ShipStation.");
  }
  const some = warehouses.length === 1 ? "one warehouse" : `${warehouses.length} warehouses`;
  return ok(`The account has ${some}.`, details);
}

function judgeBudget(shipstation: ShipStationClient): Finding {
  const seen = shipstation.lastSeenBudget();
  if (!seen) {
    return warning(
      "ShipStation did not tell how many calls are left.",
      "Nothing to do: 40 calls a minute are assumed.",
    );
  }
  const text = `${seen.remaining} of ${seen.limit} calls are left for the next ${seen.resetSeconds} seconds.`;
  if (seen.remaining >= seen.limit * fewCallsLeft) return ok(text);
  return warning(text, "Another program seems to use this key; give the connector a key of its own.");
}
