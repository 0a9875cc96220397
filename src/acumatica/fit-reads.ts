import { z } from "zod";
import { ConnectorError } from "../lib/errors.ts";
import type { ShipViaCode } from "./client.types.ts";
import { customer, stockItem, text, type Customer, type StockItem } from "./entities.ts";
import { customers, entityCall, readRows, stockItems } from "./reads.ts";
import type { Site } from "./requests.ts";
import type { Send } from "./send.ts";

const told = <T extends z.ZodType>(value: T) => z.object({ value: value.nullish() }).nullish();
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const shipVia = z.object({
  CarrierID: text,
  Description: text,
  custom: z
    .object({
      CarrierCurrent: z.object({ IsExternal: told(scalar), CarrierPluginID: told(scalar) }).nullish(),
    })
    .nullish()
    .catch(undefined),
});

/** The contract has no member for it; the form's own fields have (facts: acumatica 2.2, `$custom`). */
const plugInFields = ["CarrierCurrent.IsExternal", "CarrierCurrent.CarrierPluginID"];

/** All Ship Via codes, in one call or two. */
export async function readShipVias(send: Send, site: Site): Promise<ShipViaCode[]> {
  const read = (custom: readonly string[]) => {
    const url = site.entity("ShipVia", undefined, { select: ["CarrierID", "Description"], custom });
    return readRows(send, entityCall(site, "ShipVia", url), shipVia);
  };
  const rows = await read(plugInFields).catch((thrown: unknown) => {
    // A build that does not know the form's fields says so as it likes; what ends the check is not that.
    if (thrown instanceof ConnectorError && sayNoMore.has(thrown.code)) throw thrown;
    return read([]);
  });
  return rows.flatMap(({ CarrierID, Description, custom }) => {
    const code = CarrierID?.trim() ?? "";
    if (code === "") return [];
    const external = custom?.CarrierCurrent?.IsExternal?.value;
    const plugIn = custom?.CarrierCurrent?.CarrierPluginID?.value;
    return [
      {
        code,
        description: Description?.trim(),
        isIntegrated:
          external === undefined || external === null ? undefined : String(external).toLowerCase() === "true",
        plugIn: typeof plugIn === "string" && plugIn.trim() !== "" ? plugIn.trim() : undefined,
      },
    ];
  });
}

const sayNoMore = new Set(["acumatica.rights", "acumatica.session-limit", "acumatica.credentials", "fit.call-limit"]);

const carrier = z.object({ CarrierID: text, Description: text, PlugInType: text });

/** The accounts of carrier plug-ins, as the form CS207700 lists them. */
export async function readPlugIns(send: Send, site: Site): Promise<{ id: string; type: string }[]> {
  const url = site.entity("Carrier", undefined, { select: ["CarrierID", "Description", "PlugInType"] });
  const rows = await readRows(send, entityCall(site, "Carrier", url), carrier);
  return rows.flatMap(({ CarrierID, PlugInType }) =>
    CarrierID === undefined ? [] : [{ id: CarrierID.trim(), type: PlugInType?.trim() ?? "" }],
  );
}

/** Some stock items in one call, with what a parcel needs; which ones is the site's choice. */
export function sampleStockItems(send: Send, site: Site, most: number): Promise<StockItem[]> {
  const select = ["InventoryID", "ItemStatus", "DimensionWeight", "WeightUOM", "BaseUOM", "SalesUOM"];
  const url = site.entity(stockItems.entity, undefined, { select, top: most });
  return readRows(send, entityCall(site, stockItems.entity, url), stockItem);
}

/** Some customers in one call, with their main address. */
export function sampleCustomers(send: Send, site: Site, most: number): Promise<Customer[]> {
  const url = site.entity(customers.entity, undefined, { expand: customers.expand, top: most });
  return readRows(send, entityCall(site, customers.entity, url), customer);
}
