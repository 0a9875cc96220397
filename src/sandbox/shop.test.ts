import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../lib/random.ts";
import { createShop } from "./shop.ts";

const shop = createShop(createSeededRandom(1));

describe("the invented shop", () => {
  test("is the same for the same seed and another for another", () => {
    expect(createShop(createSeededRandom(1))).toEqual(shop);
    expect(createShop(createSeededRandom(2))).not.toEqual(shop);
  });

  test("has 200 items with unique keys of at most 30 characters", () => {
    const skus = shop.stockItems.map((item) => item.sku);
    expect(new Set(skus).size).toBe(200);
    expect(Math.max(...skus.map((sku) => sku.length))).toBeLessThanOrEqual(30);
  });

  test.for(["#", "/", " "])("some keys hold %j", (piece) => {
    expect(shop.stockItems.some((item) => item.sku.includes(piece))).toBe(true);
  });

  test("some keys end in a dash, some items have no weight, no unit, no barcode", () => {
    expect(shop.stockItems.some((item) => item.sku.endsWith("-"))).toBe(true);
    expect(shop.stockItems.some((item) => item.weight === 0)).toBe(true);
    expect(shop.stockItems.some((item) => item.weight > 0 && item.weightUom === "")).toBe(true);
    expect(shop.stockItems.some((item) => item.upc === undefined)).toBe(true);
    expect(shop.stockItems.some((item) => item.conversions.length > 0)).toBe(true);
  });

  test("barcodes are twelve digits with a right check digit", () => {
    for (const { upc } of shop.stockItems) {
      if (upc === undefined) continue;
      expect(upc).toMatch(/^\d{12}$/);
      const weighted = Array.from(upc).reduce((sum, digit, at) => sum + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
      expect(weighted % 10).toBe(0);
    }
  });

  test("60 customers live in several countries, each with a whole address and a ship via that exists", () => {
    expect(shop.customers).toHaveLength(60);
    expect(new Set(shop.customers.map((customer) => customer.address.country)).size).toBeGreaterThan(5);
    const codes = new Set(shop.shipVias.map((via) => via.code));
    for (const { address, shipVia, name } of shop.customers) {
      expect(address.country).toMatch(/^[A-Z]{2}$/);
      expect([address.line1, address.city, address.postalCode, name].every((text) => text.trim() !== "")).toBe(true);
      expect(codes.has(shipVia)).toBe(true);
    }
    expect(shop.customers.some((customer) => /[À-ž]/.test(customer.name + customer.address.city))).toBe(true);
  });
});
