import type { AcumaticaClient, ShipViaCode } from "../acumatica/client.types.ts";
import type { Customer, StockItem } from "../acumatica/entities.ts";
import { asConnectorError } from "../lib/errors.ts";
import { counted, failed, ok, some, warning, type Finding, type Stage } from "./fit-stages.ts";
import type { Connection } from "./store.ts";

/** Items and customers looked at, each in one call. */
const sampled = 500;

/** What the ERP keeps beside orders, as far as shipping depends on it. */
export function masterDataStages(connection: Connection, acumatica: AcumaticaClient): Stage[] {
  const { shipments } = connection.settings;
  const needs = ["acumatica-rights"];
  return [
    {
      id: "acumatica-ship-vias",
      title: "Acumatica: Ship Via codes and carrier plug-ins",
      tried: "All Ship Via codes were read, and the accounts of carrier plug-ins.",
      needs,
      look: async () => judgeShipVias(await acumatica.listShipVias(), await plugInsOf(acumatica), connection),
    },
    {
      id: "acumatica-boxes",
      title: "Acumatica: boxes",
      tried: "All boxes were read.",
      needs,
      look: async () => judgeBoxes(await acumatica.listCodes("ShippingBox"), boxesIn(shipments)),
    },
    {
      id: "acumatica-items",
      title: "Acumatica: weights of items",
      tried: `Up to ${sampled} stock items were read.`,
      needs,
      look: async () => judgeItems(await acumatica.sampleStockItems(sampled)),
    },
    {
      id: "acumatica-customers",
      title: "Acumatica: addresses of customers",
      tried: `Up to ${sampled} customers were read.`,
      needs,
      look: async () => judgeCustomers(await acumatica.sampleCustomers(sampled)),
    },
  ];
}

/** Undefined where they cannot be read: an endpoint may lack the entity, and a user the form. */
async function plugInsOf(acumatica: AcumaticaClient): Promise<{ id: string; type: string }[] | undefined> {
  try {
    return await acumatica.listPlugIns();
  } catch (thrown) {
    if (asConnectorError(thrown).code === "fit.call-limit") throw thrown;
    return undefined;
  }
}

function judgeShipVias(
  codes: readonly ShipViaCode[],
  plugIns: readonly { id: string; type: string }[] | undefined,
  { settings }: Connection,
): Finding {
  const { shipVia, defaultShipVia } = settings.shipments;
  const same = (left: string, right: string): boolean => left.trim().toLowerCase() === right.trim().toLowerCase();
  const used = [...new Set([...shipVia.map((row) => row.shipVia), ...(defaultShipVia ? [defaultShipVia] : [])])];
  const details = codes.map(
    ({ code, description, isIntegrated, plugIn }) =>
      `${code}${description ? ` (${description})` : ""}${isIntegrated ? `: integrated, plug-in ${plugIn ?? "unknown"}` : ""}`,
  );
  const unknown = used.filter((name) => !codes.some(({ code }) => same(code, name)));
  if (unknown.length > 0) {
    return failed(
      `The Ship Via table of the connection names ${some(unknown)}, which Acumatica does not have.`,
      "Correct the table, or make the codes on the Ship Via Codes form (CS207500).",
      { details, meaning: "A shipment with such a code would be refused when its label comes back." },
    );
  }
  const integrated = codes.filter(({ isIntegrated }) => isIntegrated === true);
  const usedHere = integrated.filter(({ code }) => used.some((name) => same(name, code)));
  if (usedHere.length > 0) {
    return failed(
      `${some(usedHere.map(({ code }) => code))} in the connection's table ${usedHere.length === 1 ? "belongs" : "belong"} to a carrier plug-in of Acumatica.`,
      "Make Ship Via codes without a carrier plug-in (form CS207500), and name those in the Ship Via table.",
      {
        details,
        meaning: "When the shipment is confirmed, the plug-in buys a second label for a parcel that has one.",
      },
    );
  }
  if (integrated.length > 0) {
    return warning(
      `${counted(integrated.length, "Ship Via code")} (${some(integrated.map(({ code }) => code))}) belong to a carrier plug-in; the connection's table uses none of them.`,
      "Leave them out of the Ship Via table: confirming a shipment with one would buy a second label.",
      { details },
    );
  }
  const isTold = codes.some(({ isIntegrated }) => isIntegrated !== undefined);
  if (!isTold && (plugIns?.length ?? 0) > 0) {
    return warning(
      `Acumatica has ${counted(plugIns?.length ?? 0, "carrier plug-in")} (${some((plugIns ?? []).map(({ id }) => id))}), and does not tell which Ship Via codes belong to it.`,
      "Look at the codes of the Ship Via table on the form CS207500: none may have a carrier plug-in.",
      { details, meaning: "Confirming a shipment with such a code would buy a second label." },
    );
  }
  return ok(`Acumatica has ${counted(codes.length, "Ship Via code")}; none of a carrier plug-in was found.`, {
    details,
  });
}

/** Of one box for all, and of a table by package where the connection has one. */
function boxesIn(shipments: Connection["settings"]["shipments"]): string[] {
  const byPackage = (shipments.boxes ?? []).map(({ box }) => box);
  return [...new Set([...(shipments.box === undefined ? [] : [shipments.box]), ...byPackage])];
}

function judgeBoxes(
  boxes: readonly { code: string; description: string | undefined }[],
  wanted: readonly string[],
): Finding {
  const details = boxes.map(({ code, description }) => `${code}${description ? ` (${description})` : ""}`);
  const unknown = wanted.filter((name) => !boxes.some(({ code }) => code.toLowerCase() === name.toLowerCase()));
  if (unknown.length > 0) {
    return failed(
      `The connection packs into ${some(unknown)}, and Acumatica has no such box.`,
      "Choose a box of the Boxes form (CS207600).",
      { details, meaning: "The packages of every shipment would be refused." },
    );
  }
  if (wanted.length === 0) {
    return warning(
      `No box is chosen; Acumatica has ${counted(boxes.length, "box", "boxes")}.`,
      "Set shipments.box to one of them: most sites refuse a package that names no box.",
      { details },
    );
  }
  return ok(`Acumatica has ${wanted.length === 1 ? `the box ${some(wanted)}` : `the boxes ${some(wanted)}`}.`, {
    details,
  });
}

const isGone = (status: string | undefined): boolean =>
  /inactive|to delete|markedfordeletion|no sales/i.test(status ?? "");

function judgeItems(items: readonly StockItem[]): Finding {
  const alive = items.filter(({ ItemStatus }) => !isGone(ItemStatus));
  const without = alive.filter(({ DimensionWeight }) => !((DimensionWeight ?? 0) > 0));
  const seen = items.length >= sampled ? `the first ${sampled}` : `all ${items.length}`;
  if (alive.length === 0) {
    return warning(
      "Acumatica has no stock item for sale.",
      "Look at the user's rights and restriction groups, and at the tenant.",
    );
  }
  const names = without.map(({ InventoryID }) => (InventoryID ?? "").trim());
  if (without.length === 0) return ok(`Of ${seen} items every one for sale has a weight.`);
  const isAll = without.length === alive.length;
  return warning(
    `${isAll ? "No item" : `${without.length} of ${alive.length} items`} for sale ${isAll ? "has a" : "have no"} weight: ${some(names)}.`,
    "Enter weights on the Stock Items form (IN202500), or weigh parcels in ShipStation.",
    {
      details: [`Looked at ${seen} stock items.`],
      meaning:
        "An unknown weight is never sent as 0: the order goes out without one, and rates cannot be asked for before it is weighed.",
    },
  );
}

function judgeCustomers(customers: readonly Customer[]): Finding {
  const alive = customers.filter(({ Status }) => !isGone(Status));
  const without = alive.filter(({ MainContact }) => {
    const address = MainContact?.Address;
    return !address?.AddressLine1 || !address.City || !address.Country;
  });
  const seen = customers.length >= sampled ? `the first ${sampled}` : `all ${customers.length}`;
  if (without.length === 0) return ok(`Of ${seen} customers every active one has an address.`);
  return warning(
    `${without.length} of ${alive.length} active customers have no complete main address: ${some(without.map(({ CustomerID }) => (CustomerID ?? "").trim()))}.`,
    "Complete street, city and country on the Customers form (AR303000), if they are shipped to.",
    {
      details: [`Looked at ${seen} customers.`],
      meaning:
        "An order takes its ship-to address from the customer; without one it waits, with the fields that are missing.",
    },
  );
}
