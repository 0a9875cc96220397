import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aSalesOrder, aStockItem, orderSettings, rawLine } from "../../test/support/sample-order.ts";
import type { OrderSettings } from "../core/orders.ts";
import { salesOrder } from "../acumatica/entities.ts";
import { itemFromAcumatica } from "./item-from-acumatica.ts";
import { orderFromAcumatica } from "./order-from-acumatica.ts";

const item = itemFromAcumatica(aStockItem(), { itemWeightUnit: "LB" });
const items = new Map([[item.sku, item]]);
const map = (fields: Record<string, unknown> = {}, settings: Partial<OrderSettings> = {}) =>
  orderFromAcumatica(aSalesOrder(fields), orderSettings(settings), items);
const mapped = (fields: Record<string, unknown> = {}, settings: Partial<OrderSettings> = {}) => {
  const result = map(fields, settings);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
};
const fieldsOf = (fields: Record<string, unknown>, settings: Partial<OrderSettings> = {}): string[] => {
  const result = map(fields, settings);
  return result.ok ? [] : result.problems.map(({ field }) => field);
};
const shipTo = { AddressLine1: "1 Main St", City: "Bellevue", State: "WA", PostalCode: "98004", Country: "US" };

describe("orderFromAcumatica", () => {
  test("a good order travels whole", () => {
    const { value, warnings } = mapped(
      { OrderNbr: "000123 ", OrderTotal: 2500 },
      { storeId: 8, shipFrom: { WHOLESALE: 31 } },
    );
    expect(warnings).toEqual([]);
    expect(value).toEqual({
      recordKey: "SO/000123",
      orderType: "SO",
      orderNbr: "000123",
      orderKey: "000123",
      orderNumber: "000123",
      status: "open",
      orderedOn: "2026-05-04",
      shipByOn: "2026-05-06",
      customerId: "C000001",
      customerName: "Alta Ace Inc.",
      customerEmail: "jo@example.com",
      customerPo: "PO 77",
      shipTo: {
        name: "Jo Field",
        company: "Alta Ace",
        street1: "1 Main St",
        city: "Bellevue",
        state: "WA",
        postalCode: "98004",
        country: "US",
        phone: "+1 555 0100",
      },
      billTo: {
        name: "Alta Ace Inc.",
        street1: "9 Bill Rd",
        city: "Seattle",
        state: "WA",
        postalCode: "98101",
        country: "US",
      },
      requestedService: "UPSGROUND",
      lines: [
        {
          lineNbr: 1,
          sku: "AACOMPUT01",
          name: "Acer laptop",
          quantity: 5,
          unitPrice: 500,
          upc: "0123456789012",
          weightGrams: 2000,
          warehouse: "WHOLESALE",
        },
      ],
      orderTotal: 2500,
      storeId: 8,
      shipFromId: 31,
    });
  });

  test("all problems of an order come at once, each with its field and a cure", () => {
    const result = map({
      ShipToAddress: { AddressLine1: " ", Country: "US" },
      ShipToContact: {},
      BillToContact: {},
      Date: undefined,
      Details: [
        rawLine({ OpenQty: 1.5, OrderQty: 1.5 }),
        rawLine({ LineNbr: 2, InventoryID: undefined }),
        rawLine({ LineNbr: 3, LineType: "Rental" }),
      ],
    });
    expect(result.ok ? [] : result.problems.map(({ field }) => field)).toEqual([
      "Details[0].OpenQty",
      "Details[1].InventoryID",
      "Details[2].LineType",
      "Date",
      "ShipToContact.Attention",
      "ShipToAddress.AddressLine1",
      "ShipToAddress.City",
      "ShipToAddress.State",
      "ShipToAddress.PostalCode",
    ]);
    expect(result.ok || result.problems.every(({ found, cure }) => found !== "" && cure.endsWith("."))).toBe(true);
  });

  test.for([
    {
      name: "a country of three letters",
      fields: { ShipToAddress: { ...shipTo, Country: "USA" } },
      field: "ShipToAddress.Country",
    },
    {
      name: "a country spelt NULL",
      fields: { ShipToAddress: { ...shipTo, Country: "NULL" } },
      field: "ShipToAddress.Country",
    },
    {
      name: "a US address without state",
      fields: { ShipToAddress: { ...shipTo, State: undefined } },
      field: "ShipToAddress.State",
    },
    {
      name: "a key that is too long",
      fields: {},
      settings: { orderKeyTemplate: `${"x".repeat(50)}{OrderNbr}` },
      field: "orderKey",
    },
    {
      name: "a template that gives every order one key",
      fields: {},
      settings: { orderKeyTemplate: "ERP" },
      field: "orderKeyTemplate",
    },
    { name: "an order without customer", fields: { CustomerID: undefined }, field: "CustomerID" },
    { name: "an order without lines", fields: { Details: [] }, field: "Details" },
    {
      name: "a line without number",
      fields: { Details: [rawLine({ LineNbr: undefined })] },
      field: "Details[0].LineNbr",
    },
    { name: "two lines of one number", fields: { Details: [rawLine(), rawLine()] }, field: "Details[1].LineNbr" },
    {
      name: "more pieces than ShipStation counts",
      fields: { Details: [rawLine({ OrderQty: 1e6, OpenQty: 1e6 })] },
      field: "Details[0].OpenQty",
    },
    {
      name: "an open quantity that was not said",
      fields: { Details: [rawLine({ OpenQty: undefined })] },
      field: "Details[0].OpenQty",
    },
  ])("$name is a problem", ({ fields, settings, field }) => {
    expect(fieldsOf(fields, settings)).toEqual([field]);
  });

  test("a foreign address needs neither state nor postal code, and a lower-case country is the same country", () => {
    const { value } = mapped({ ShipToAddress: { AddressLine1: "1 Quay", City: "Dublin", Country: "ie" } });
    expect(value.shipTo).toMatchObject({ city: "Dublin", country: "IE" });
  });

  test.for(["NC", "North Carolina"])("a state is passed on as it stands: a code or a name (%s)", (State) => {
    expect(mapped({ ShipToAddress: { ...shipTo, State } }).value.shipTo.state).toBe(State);
  });

  test.for([
    { name: "the attention", contact: { Attention: "Jo", BusinessName: "Alta" }, name_: "Jo", company: "Alta" },
    { name: "else the business", contact: { Attention: " ", BusinessName: "Alta" }, name_: "Alta", company: undefined },
    { name: "else the customer", contact: {}, name_: "Alta Ace Inc.", company: undefined },
  ])("the ship-to name is $name", ({ contact, name_, company }) => {
    const { value } = mapped({ ShipToContact: contact });
    expect([value.shipTo.name, value.shipTo.company]).toEqual([name_, company]);
  });

  test("the key template may hold the type", () => {
    expect(mapped({}, { orderKeyTemplate: "A-{OrderType}-{OrderNbr}" }).value).toMatchObject({
      orderKey: "A-SO-000123",
      orderNumber: "000123",
    });
  });

  test("a residential address is said, anything else is not", () => {
    expect(mapped({ ShippingSettings: { ResidentialDelivery: true } }).value.shipTo.residential).toBe(true);
    expect(mapped().value.shipTo).not.toHaveProperty("residential");
  });

  test("an incomplete bill-to is left out", () => {
    expect(mapped({ BillToAddress: { City: "Seattle" } }).value).not.toHaveProperty("billTo");
  });

  test.for([
    { name: "malformed, is left out", email: "1@1", sent: undefined },
    { name: "with a stray end, is left out", email: "jo@example.com.", sent: undefined },
    { name: "one of several, is sent", email: "bad; jo@example.com, x@example.com", sent: "jo@example.com" },
  ])("an e-mail address that is $name with a warning", ({ email, sent }) => {
    const { value, warnings } = mapped({ ShipToContact: { Attention: "Jo", Email: email } });
    expect(value.customerEmail).toBe(sent);
    expect(warnings.map(({ field }) => field)).toEqual(["ShipToContact.Email"]);
  });

  test("names that are too long are cut with a warning", () => {
    const { value, warnings } = mapped({
      ShipToContact: { Attention: "J".repeat(101) },
      Details: [rawLine({ LineDescription: "d".repeat(256) })],
    });
    expect([value.shipTo.name.length, value.lines[0]?.name.length]).toEqual([100, 200]);
    expect(warnings.map(({ field }) => field)).toEqual(["Details[0].LineDescription", "ShipToContact.Attention"]);
  });

  describe("lines", () => {
    const linesOf = (...rows: Record<string, unknown>[]) => mapped({ Details: rows }).value;

    test("only goods that ship from us travel, by their own numbers", () => {
      const { lines } = linesOf(
        rawLine({ LineNbr: 1, OrderQty: 5, OpenQty: 5, QtyOnShipments: 2 }),
        rawLine({ LineNbr: 3, LineType: "Misc. Charge" }),
        rawLine({ LineNbr: 5, Operation: "Receipt" }),
        rawLine({ LineNbr: 7, MarkForPO: true, POSource: "Drop-Ship" }),
        rawLine({ LineNbr: 9, Completed: true }),
        rawLine({ LineNbr: 11 }),
      );
      expect(lines.map(({ lineNbr, quantity }) => [lineNbr, quantity])).toEqual([
        [1, 3],
        [11, 5],
      ]);
    });

    test("a line that is all on shipments is kept aside", () => {
      const order = linesOf(rawLine({ OpenQty: 0, QtyOnShipments: 5 }), rawLine({ LineNbr: 2 }));
      expect(order.lines.map(({ lineNbr }) => lineNbr)).toEqual([2]);
      expect(order.shippedLines).toMatchObject([{ lineNbr: 1, quantity: 0, shippedQuantity: 5 }]);
    });

    test("a case weighs its pieces and has no piece's barcode", () => {
      const [line] = linesOf(rawLine({ UOM: "CASE" })).lines;
      expect(line?.weightGrams).toBe(24_000);
      expect(line).not.toHaveProperty("upc");
    });

    test("a unit that cannot be converted leaves the weight unknown, with a warning", () => {
      const { value, warnings } = mapped({ Details: [rawLine({ UOM: "BOX" })] });
      expect(value.lines[0]).not.toHaveProperty("weightGrams");
      expect(warnings[0]?.found).toContain("BOX");
    });

    test("an item nobody knows travels without weight and without a warning", () => {
      const { value, warnings } = mapped({ Details: [rawLine({ InventoryID: "NEW", LineDescription: undefined })] });
      expect(value.lines[0]).toMatchObject({ sku: "NEW", name: "NEW" });
      expect(value.lines[0]).not.toHaveProperty("weightGrams");
      expect(warnings).toEqual([]);
    });

    test("a discounted price is the price", () => {
      expect(linesOf(rawLine({ DiscountedUnitPrice: 450 })).lines[0]?.unitPrice).toBe(450);
    });
  });

  describe("status", () => {
    test.for([
      ["Open", "open"],
      ["Credit Hold", "held"],
      ["Canceled", "cancelled"],
      ["Cancelled", "cancelled"],
    ])("%s is %s", ([status, expected]) => {
      expect(mapped({ Status: status }).value.status).toBe(expected);
    });

    test("an order is held or cancelled however incomplete it is", () => {
      expect(mapped({ Status: "On Hold", ShipToAddress: {}, Details: [], Date: undefined }).value.status).toBe("held");
    });

    test("an order with nothing left and nothing shipped counts as cancelled", () => {
      expect(mapped({ Details: [rawLine({ OpenQty: 0, Completed: true })] }).value.status).toBe("cancelled");
    });

    test("an order of charges alone has nothing to ship, whatever it costs", () => {
      const charge = rawLine({ LineType: "Misc. Charge", OrderQty: 0, OpenQty: 0 });
      const { value } = mapped({ OrderedQty: 0, OrderTotal: 7000, Details: [charge] });
      expect(value).toMatchObject({ status: "cancelled", lines: [] });
    });

    test("an order with a line nobody understands does not count as cancelled", () => {
      expect(fieldsOf({ Details: [rawLine({ LineType: "Rental" })] })).toEqual(["Details[0].LineType"]);
    });
  });

  describe("ship from", () => {
    test("warehouses that are not in the table are told", () => {
      const { value, warnings } = mapped({}, { shipFrom: { RETAIL: 1 } });
      expect(value).not.toHaveProperty("shipFromId");
      expect(warnings[0]?.found).toBe("WHOLESALE");
    });

    test("lines of several places leave it to ShipStation, with a warning", () => {
      const { value, warnings } = mapped(
        { Details: [rawLine(), rawLine({ LineNbr: 2, WarehouseID: "RETAIL" })] },
        { shipFrom: { RETAIL: 1, WHOLESALE: 2 } },
      );
      expect(value).not.toHaveProperty("shipFromId");
      expect(warnings).toHaveLength(1);
    });
  });

  test("whatever the ERP answers, there is an order or a list of problems, never an exception", () => {
    const anyText = fc.oneof(fc.constantFrom("", " ", "NULL", "US", "SO", "Open", "Goods for Inventory"), fc.string());
    const wrapped = fc.oneof(fc.constant({}), fc.record({ value: anyText }));
    const number = fc.oneof(
      fc.constant({}),
      fc.record({ value: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })) }),
    );
    const line = fc.record(
      {
        LineNbr: fc.record({ value: fc.integer() }),
        InventoryID: wrapped,
        OrderQty: number,
        OpenQty: number,
        QtyOnShipments: number,
        LineType: wrapped,
        UOM: wrapped,
        WarehouseID: wrapped,
      },
      { requiredKeys: [] },
    );
    const address = fc.record({ AddressLine1: wrapped, City: wrapped, State: wrapped, Country: wrapped });
    const order = fc.record(
      {
        OrderType: wrapped,
        OrderNbr: wrapped,
        Status: wrapped,
        CustomerID: wrapped,
        ShipToAddress: fc.option(address),
        ShipToContact: fc.option(fc.record({ Email: wrapped, Attention: wrapped })),
        Details: fc.option(fc.array(line)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(order, (source) => {
        const result = orderFromAcumatica(salesOrder.parse(source), orderSettings({ shipFrom: { MAIN: 1 } }), items);
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
        else if (result.value.status === "open") {
          expect(result.value.orderKey).not.toBe("");
          expect(result.value.shipTo.name).not.toBe("");
          expect(
            result.value.lines.every(({ sku, quantity }) => sku !== "" && Number.isInteger(quantity) && quantity > 0),
          ).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("value tables", () => {
  test("the store is the order type's own, else the one for all", () => {
    const settings = { storeId: 8, storeByOrderType: { WO: 9 }, orderTypes: ["SO", "WO"] };
    expect(mapped({}, settings).value.storeId).toBe(8);
    expect(mapped({ OrderType: "WO" }, settings).value.storeId).toBe(9);
    expect(mapped({}, { storeByOrderType: { WO: 9 } }).value).not.toHaveProperty("storeId");
  });

  test("a Ship Via whose row says so asks for carrier, service and package; any other stays a wish in words", () => {
    const services = [
      { carrier: "ups", service: "ups_ground", package: "package", shipVia: "UPSGROUND", direction: "both" as const },
    ];
    expect(mapped({}, { services }).value).toMatchObject({
      requestedService: "UPSGROUND",
      carrierService: { carrier: "ups", service: "ups_ground", package: "package" },
    });
    expect(mapped({ ShipVia: "LOCAL" }, { services }).value).not.toHaveProperty("carrierService");
  });
});

describe("customs", () => {
  const abroad = { ShipToAddress: { AddressLine1: "1 Rue X", City: "Lyon", PostalCode: "69001", Country: "FR" } };

  test("an order to another country is foreign, one at home or with customs off is not", () => {
    expect(mapped(abroad).value.isForeign).toBe(true);
    expect(mapped().value).not.toHaveProperty("isForeign");
    expect(mapped(abroad, { homeCountry: "FR" }).value).not.toHaveProperty("isForeign");
    expect(mapped(abroad, { customs: "off" }).value).not.toHaveProperty("isForeign");
  });

  test("items without tariff code or country of origin are named", () => {
    const fields = mapped(abroad).warnings.map(({ field, found }) => [field, found]);
    expect(fields).toEqual([["TariffCode", "nothing, or no country of origin, on AACOMPUT01"]]);
  });

  test("prices in another currency than dollars are told, because customs values are dollars", () => {
    expect(mapped({ ...abroad, CurrencyID: "EUR" }).value.isOtherCurrency).toBe(true);
    expect(mapped({ ...abroad, CurrencyID: "USD " }).value).not.toHaveProperty("isOtherCurrency");
  });
});

test("an item that Acumatica was asked for and does not have is a problem of the line, with its cure", () => {
  const absent = new Map([["AACOMPUT01", { sku: "AACOMPUT01", isAbsent: true as const, conversions: [] }]]);
  const result = orderFromAcumatica(aSalesOrder(), orderSettings(), absent);
  expect(result).toMatchObject({ ok: false, problems: [{ field: "Details[0].InventoryID", found: "AACOMPUT01" }] });
});
