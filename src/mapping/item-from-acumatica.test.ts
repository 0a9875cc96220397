import { describe, expect, test } from "vitest";
import { aStockItem } from "../../test/support/sample-order.ts";
import { baseUnitsPer, itemFromAcumatica } from "./item-from-acumatica.ts";

const item = (fields: Record<string, unknown> = {}) => itemFromAcumatica(aStockItem(fields), { itemWeightUnit: "LB" });

describe("itemFromAcumatica", () => {
  test("an item with all its data", () => {
    expect(item({ InventoryID: "#12-796524  ", TariffCode: "8471.30", CountryOfOrigin: "TW" })).toEqual({
      sku: "#12-796524",
      name: "Acer laptop computer",
      weightGrams: 2000,
      baseUom: "EA",
      upc: "0123456789012",
      tariffCode: "8471.30",
      country: "TW",
      conversions: [{ from: "CASE", to: "EA", factor: 12 }],
    });
  });

  test.for([
    { name: "0 is unknown", fields: { DimensionWeight: 0 }, grams: undefined },
    { name: "missing is unknown", fields: { DimensionWeight: undefined }, grams: undefined },
    {
      name: "without a unit, the connection's counts",
      fields: { WeightUOM: undefined, DimensionWeight: 1 },
      grams: 453.59,
    },
    { name: "in a unit nobody knows is unknown", fields: { WeightUOM: "STONE" }, grams: undefined },
  ])("a weight: $name", ({ fields, grams }) => {
    expect(item(fields).weightGrams).toBe(grams);
  });

  test("a unit nobody knows is remembered, to be told", () => {
    expect(item({ WeightUOM: "STONE" }).unknownWeightUnit).toBe("STONE");
  });

  test("a barcode of the case is not the piece's", () => {
    const references = [
      { AlternateID: "CASECODE", AlternateType: "Barcode", UOM: "CASE" },
      { AlternateID: "VENDOR", AlternateType: "Vendor Part Number" },
      { AlternateID: "PIECE", AlternateType: "GTIN", UOM: "EA" },
    ];
    expect(item({ CrossReferences: references }).upc).toBe("PIECE");
  });

  test("an image is passed on only if it is an address of the web; the ERP keeps names of attached files there, too", () => {
    expect(item({ ImageUrl: "https://cdn.example/laptop.jpg" }).imageUrl).toBe("https://cdn.example/laptop.jpg");
    expect(item({ ImageUrl: "Stock Items (#12-796524)\\front.jpg" }).imageUrl).toBeUndefined();
    expect(item({ ImageUrl: "file:///c/laptop.jpg" }).imageUrl).toBeUndefined();
  });

  test("a country of origin is two letters or unknown, a price of 0 is none", () => {
    expect(item({ CountryOfOrigin: "tw", DefaultPrice: 12.5 })).toMatchObject({ country: "TW", price: 12.5 });
    expect(item({ CountryOfOrigin: "Taiwan", DefaultPrice: 0 })).not.toHaveProperty("price");
    expect(item({ CountryOfOrigin: "Taiwan" })).not.toHaveProperty("country");
  });

  test("an item with nothing in it is empty, not an error", () => {
    expect(itemFromAcumatica({}, { itemWeightUnit: "LB" })).toEqual({ sku: "", conversions: [] });
  });
});

describe("baseUnitsPer", () => {
  const conversions = [
    { FromUOM: "CASE", ToUOM: "EA", MultiplyOrDivide: "Multiply", ConversionFactor: 12 },
    { FromUOM: "INNER", ToUOM: "EA", MultiplyOrDivide: "Divide", ConversionFactor: 0.25 },
    { FromUOM: "EA", ToUOM: "PALLET", MultiplyOrDivide: "Divide", ConversionFactor: 480 },
    { FromUOM: "ZERO", ToUOM: "EA", MultiplyOrDivide: "Multiply", ConversionFactor: 0 },
  ];
  test.for([
    [undefined, 1],
    ["ea ", 1],
    ["CASE", 12],
    ["case", 12],
    ["INNER", 4],
    ["PALLET", 480],
    ["ZERO", undefined],
    ["BOX", undefined],
  ] as const)("one %s holds %s base units", ([uom, units]) => {
    expect(baseUnitsPer(item({ UOMConversions: conversions }), uom)).toBe(units);
  });
});
