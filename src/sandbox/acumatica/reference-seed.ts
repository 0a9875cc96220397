import { createHash } from "node:crypto";
import type { NonStockItemRow } from "./reference-rows.ts";
import type { Tables } from "./tables.ts";

/** The same id for the same name, drawn from no random stream. */
function steadyId(name: string): string {
  const hex = createHash("md5").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Units of measure, a non-stock kit with its components, and a service: what orders seldom hold. */
export function seedReference(tables: Tables, at: number): void {
  const weights = [
    { unit: "LB", name: "Pound", to: "OZ", factor: 16 },
    { unit: "KG", name: "Kilogram", to: "LB", factor: 2.204623 },
    { unit: "CASE", name: "Case", to: "EA", factor: 12 },
  ];
  tables.units = weights.map(({ unit, name, to, factor }) => {
    const conversion = { FromUOM: unit, ToUOM: to, MultiplyOrDivide: "Multiply", ConversionFactor: factor };
    const stamps = { CreatedDateTime: at, LastModifiedDateTime: at };
    return {
      id: steadyId(`unit ${unit}`),
      UnitID: unit,
      Description: name,
      ...conversion,
      ...stamps,
      Conversion: [conversion],
    };
  });
  const [first, second] = tables.stockItems;
  if (!first || !second) return;
  tables.nonStockItems = [
    nonStockItem("KIT-STARTER", "Starter kit", { RequireShipment: true, IsKit: true, DefaultPrice: 79 }, at),
    nonStockItem("GIFTWRAP", "Gift wrapping", { RequireShipment: false, IsKit: false, DefaultPrice: 5 }, at),
  ];
  tables.kits = [
    {
      id: steadyId("kit KIT-STARTER"),
      KitInventoryID: "KIT-STARTER",
      RevisionID: "01",
      Description: "Starter kit",
      Active: true,
      IsNonStock: true,
      LastModifiedDateTime: at,
      StockComponents: [
        { StockInventoryID: first.InventoryID, ComponentQty: 1, UOM: first.BaseUOM },
        { StockInventoryID: second.InventoryID, ComponentQty: 2, UOM: second.BaseUOM },
      ],
      NonStockComponents: [],
    },
  ];
}

function nonStockItem(
  InventoryID: string,
  Description: string,
  kind: Pick<NonStockItemRow, "RequireShipment" | "IsKit" | "DefaultPrice">,
  at: number,
): NonStockItemRow {
  return {
    id: steadyId(`non-stock ${InventoryID}`),
    InventoryID,
    Description,
    ItemStatus: "Active",
    ItemType: kind.RequireShipment ? "Non-Stock Item" : "Service",
    ItemClass: "SERVICE",
    BaseUnit: "EA",
    SalesUnit: "EA",
    PurchaseUnit: "EA",
    RequireReceipt: kind.RequireShipment,
    IsAKit: kind.IsKit,
    Weight: 0,
    DimensionWeight: 0,
    WeightUOM: "LB",
    CurySpecificPrice: kind.DefaultPrice,
    LastModifiedDateTime: at,
    CrossReferences: [],
    ...kind,
  };
}

/**
 * Has a carrier plug-in take over a Ship Via code: confirming a shipment then buys a label from that carrier. The contract shows the
 * plug-in's account; that the code belongs to it only `$custom=CarrierCurrent.IsExternal,CarrierCurrent.CarrierPluginID` tells.
 */
export function integrate(tables: Tables, shipVia: string, plugIn: { id: string; type: string }, at: number): void {
  const row = tables.shipVias.find((each) => each.CarrierID === shipVia);
  if (!row) throw new Error(`there is no Ship Via ${shipVia}`);
  row.integrated = true;
  row.custom = {
    CarrierCurrent: {
      IsExternal: { type: "CustomBooleanField", value: true },
      CarrierPluginID: { type: "CustomStringField", value: plugIn.id },
    },
  };
  if (tables.carriers.some((each) => each.CarrierID === plugIn.id)) return;
  tables.carriers.push({
    id: steadyId(`carrier ${plugIn.id}`),
    CarrierID: plugIn.id,
    Description: plugIn.id,
    PlugInType: plugIn.type,
    CreatedDateTime: at,
    LastModifiedDateTime: at,
    CustomerAccounts: [],
    PlugInParameters: [],
  });
}
