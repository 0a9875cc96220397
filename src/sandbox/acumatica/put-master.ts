import { defaultContract, fieldsOf } from "./contract.ts";
import { businessRule } from "./refusals.ts";
import { customerRow, addCustomer, stockItemRow } from "./seed.ts";
import { refuseErrors, sentText, type Sent } from "./sent.ts";
import type { CustomerRow, StockItemRow } from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** Inserts a customer under a number that is drawn, whatever was sent, or updates the one found (facts: acumatica 2.3). */
export function putCustomer(tenant: Tenant, sent: Sent, found: CustomerRow | undefined): CustomerRow {
  const now = tenant.options.clock.now();
  if (!found && sentText(sent, "CustomerName") === undefined)
    sent.errors.set("CustomerName", "'Customer Name' cannot be empty.");
  refuseErrors(sent, "Customer", found?.id, tenant.options.random);
  const row = found ?? newCustomer(tenant, sentText(sent, "CustomerName") ?? "", now);
  writeScalars(sent, row, ["CustomerID", "LastModifiedDateTime", "CreatedDateTime"]);
  for (const name of ["MainContact", "BillingContact", "ShippingContact"] as const) {
    const contact = sent.linked.get(name);
    if (!contact) continue;
    writeScalars(contact, row[name], ["ContactID"]);
    const address = contact.linked.get("Address");
    if (address) writeScalars(address, row[name].Address, []);
  }
  const email = sent.linked.get("MainContact");
  if (email) row.Email = sentText(email, "Email") ?? row.Email;
  row.LastModifiedDateTime = now;
  if (!found) addCustomer(tenant.tables, row);
  tenant.revision++;
  return row;
}

function newCustomer(tenant: Tenant, name: string, now: number): CustomerRow {
  const blank = { line1: "", line2: "", city: "", state: "", postalCode: "", country: "" };
  const id = `C${String(++tenant.numbers.customer).padStart(6, "0")}`;
  const row = customerRow(
    { id, name, email: "", phone: "", attention: "", address: blank, residential: false, shipVia: "" },
    tenant.options.random,
    now,
    tenant.tables.customers.length,
  );
  row.ShipVia = undefined;
  row.Email = undefined;
  for (const contact of [row.MainContact, row.BillingContact, row.ShippingContact]) {
    contact.Email = undefined;
    contact.Phone1 = undefined;
    contact.Address = {};
  }
  return row;
}

/** Inserts a stock item under the key sent, or under `<NEW>` when none is (facts: acumatica 2.3), or updates the one found. */
export function putStockItem(tenant: Tenant, sent: Sent, found: StockItemRow | undefined): StockItemRow {
  const now = tenant.options.clock.now();
  refuseErrors(sent, "Stock Item", found?.id, tenant.options.random);
  const row = found ?? newStockItem(tenant, sentText(sent, "InventoryID") ?? "<NEW>", now);
  writeScalars(sent, row, ["InventoryID", "LastModified", "LastModifiedDateTime"]);
  row.LastModified = row.LastModifiedDateTime = now;
  if (!found) tenant.tables.stockItems.push(row);
  tenant.revision++;
  return row;
}

function newStockItem(tenant: Tenant, sku: string, now: number): StockItemRow {
  const { shop, random } = tenant.options;
  return stockItemRow(
    {
      sku,
      description: "",
      itemClass: "WORKSHOP",
      baseUom: "EA",
      salesUom: "EA",
      weight: 0,
      weightUom: "",
      upc: undefined,
      conversions: [],
      tariffCode: undefined,
      countryOfOrigin: undefined,
      price: 0,
      imageUrl: undefined,
      warehouse: tenant.tables.warehouses[0]?.WarehouseID ?? "MAIN",
    },
    shop,
    random,
    now,
  );
}

function writeScalars(sent: Sent, row: object, except: readonly string[]): void {
  for (const field of fieldsOf(sent.spec, defaultContract(99))) {
    if (field.kind === "linked" || field.kind === "rows" || field.name === "NoteID" || except.includes(field.name))
      continue;
    if (sent.scalars.has(field.name)) Object.assign(row, { [field.name]: sent.scalars.get(field.name) });
  }
  if (sent.note !== undefined) Object.assign(row, { note: sent.note });
}

/** The rest of the master data is read-only here, unlike on a live site (docs/sandbox.md). */
export const refuseMaster = (name: string): Error => businessRule(`Error: The sandbox keeps ${name} read-only.`);
