import { noSuchEntity } from "./refusals.ts";
import { sentFlag, sentNumber, sentText, type Sent } from "./sent.ts";
import { findBox, newGuid, type PackageRow, type ShipmentRow } from "./tables.ts";
import type { Tenant } from "./tenant.ts";

/** Notes what is wrong with the packages sent. An `id` that the shipment does not have is refused outright. */
export function checkPackages(tenant: Tenant, rows: Sent[], shipment: ShipmentRow | undefined): void {
  for (const row of rows) {
    const existing = shipment && findPackage(shipment, row);
    if (row.id !== undefined && !existing) throw noSuchEntity();
    if (row.isDelete) continue;
    const box = sentText(row, "BoxID");
    if (box !== undefined && !findBox(tenant.tables, box))
      row.errors.set("BoxID", `'Box ID' '${box}' cannot be found in the system.`);
    const isRequired = tenant.options.boxIdRequired ?? true;
    if (box === undefined && isRequired && (!existing || row.scalars.has("BoxID")))
      row.errors.set("BoxID", "'Box ID' cannot be empty.");
    if ((sentNumber(row, "Weight") ?? 0) < 0) row.errors.set("Weight", "The value must be greater than or equal to 0.");
  }
}

/** A row with `id` or its number changes that package, a row without appends one (facts: acumatica 4.3). */
export function writePackages(tenant: Tenant, rows: Sent[], shipment: ShipmentRow): void {
  for (const row of rows) {
    const existing = findPackage(shipment, row);
    if (row.isDelete) {
      shipment.Packages = shipment.Packages.filter((each) => each !== existing);
      continue;
    }
    const target = existing ?? appendPackage(tenant, shipment);
    for (const name of ["BoxID", "Description", "TrackingNbr", "CustomRefNbr1", "CustomRefNbr2"] as const) {
      if (row.scalars.has(name)) Object.assign(target, { [name]: sentText(row, name) });
    }
    for (const name of ["Weight", "Length", "Width", "Height", "DeclaredValue", "CODAmount"] as const) {
      const number = sentNumber(row, name);
      if (number !== undefined) target[name] = number;
    }
    target.Confirmed = sentFlag(row, "Confirmed") ?? target.Confirmed;
    const contents = row.rows.get("PackageContents");
    if (contents) target.PackageContents.push(...contents.map((content) => Object.fromEntries(content.scalars)));
    if (row.note !== undefined) target.note = row.note;
  }
}

function findPackage(shipment: ShipmentRow, row: Sent): PackageRow | undefined {
  if (row.id !== undefined) return shipment.Packages.find((each) => each.id === row.id);
  const number = sentNumber(row, "LineNbr");
  return number === undefined ? undefined : shipment.Packages.find((each) => each.LineNbr === number);
}

/** An empty package; its weight is in the company's unit, which nobody can set (facts: acumatica 4.3). */
export function appendPackage(tenant: Tenant, shipment: ShipmentRow): PackageRow {
  const row: PackageRow = {
    id: newGuid(tenant.options.random),
    LineNbr: ++shipment.lastPackageNbr,
    BoxID: "",
    Type: "Manual",
    Weight: 0,
    UOM: tenant.options.shop.weightUom,
    Length: 0,
    Width: 0,
    Height: 0,
    DeclaredValue: 0,
    CODAmount: 0,
    Confirmed: false,
    PackageContents: [],
  };
  shipment.Packages.push(row);
  return row;
}
