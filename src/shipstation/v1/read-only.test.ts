import { expect, test } from "vitest";
import { withoutReadOnly } from "./read-only.ts";

const live = {
  orderId: 7,
  orderNumber: "SO001",
  orderKey: "SO001",
  createDate: "2026-01-01T00:00:00.0000000",
  modifyDate: "2026-01-01T00:00:00.0000000",
  customerId: 9,
  orderTotal: 12.5,
  holdUntilDate: null,
  userId: null,
  externallyFulfilled: false,
  externallyFulfilledBy: null,
  externallyFulfilledById: null,
  externallyFulfilledByName: null,
  labelMessages: null,
  tagIds: [1],
  serviceCode: "usps_priority",
  billTo: { name: "A", addressVerified: null },
  shipTo: { name: "A", addressVerified: "Address validated successfully" },
  weight: { value: 3, units: "ounces", WeightUnits: 1 },
  items: [
    {
      orderItemId: 1202324501429,
      lineItemKey: "1",
      sku: "X",
      weight: { value: 3, units: "ounces", WeightUnits: 1 },
      createDate: "2026-01-01T00:00:00",
      modifyDate: "2026-01-01T00:00:00",
    },
    null,
  ],
  advancedOptions: { storeId: 5, mergedOrSplit: false, mergedIds: [], parentId: null, customField1: "kept" },
};

test("a live order goes back with what people wrote, without what only ShipStation writes", () => {
  const before = structuredClone(live);
  expect(withoutReadOnly(live)).toEqual({
    orderId: 7,
    orderNumber: "SO001",
    orderKey: "SO001",
    tagIds: [1],
    serviceCode: "usps_priority",
    billTo: { name: "A" },
    shipTo: { name: "A" },
    weight: { value: 3, units: "ounces" },
    items: [{ lineItemKey: "1", sku: "X", weight: { value: 3, units: "ounces" } }],
    advancedOptions: { storeId: 5, customField1: "kept" },
  });
  expect(live).toEqual(before);
});

test.for([
  ["a part of a split order", { mergedOrSplit: true, mergedIds: [], parentId: 6 }],
  ["the survivor of a merge", { mergedOrSplit: true, mergedIds: [6], parentId: null }],
  ["a child that only names its parent", { mergedOrSplit: false, mergedIds: null, parentId: 6 }],
  ["a survivor that only names what it absorbed", { mergedOrSplit: false, mergedIds: [6], parentId: null }],
] as const)("%s keeps its family, or its relatives would be overwritten", ([, family]) => {
  const sent = withoutReadOnly({ ...live, advancedOptions: { storeId: 5, ...family } });
  expect(sent["advancedOptions"]).toEqual({ storeId: 5, ...family });
});

test("a new order goes out as it is", () => {
  const fresh = { orderNumber: "SO1", orderKey: "SO1", items: [{ lineItemKey: "1" }], advancedOptions: { storeId: 5 } };
  expect(withoutReadOnly(fresh)).toEqual(fresh);
});

test("members of another shape are left alone", () => {
  expect(withoutReadOnly({ shipTo: null, items: null, weight: 3, advancedOptions: [] })).toEqual({
    shipTo: null,
    items: null,
    weight: 3,
    advancedOptions: [],
  });
});
