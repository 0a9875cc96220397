import { ConnectorError } from "../lib/errors.ts";
import type { Has } from "./endpoint.ts";
import type { ShipmentInput, ShipmentLineInput, ShipmentPackageInput, ShipmentPatch } from "./entities.ts";
import type { FieldPath, MemberOf } from "./fields.ts";

type Scalar = string | number | boolean;
type Fields = Record<string, { value: Scalar }>;
type Body = Record<string, { value: Scalar } | object[]>;

/**
 * Acumatica ignores members it does not know without a word (facts: acumatica 2.3), so bodies are built from these lists and
 * from nothing else. Each name is a member of the field table at its path: another one is a type error.
 */
const lineFields = ["OrderType", "OrderNbr", "OrderLineNbr", "ShippedQty"] as const satisfies (keyof ShipmentLineInput &
  MemberOf<"Shipment/Details">)[];
const packageFields = ["BoxID", "Weight", "TrackingNbr", "CustomRefNbr1", "Confirmed"] as const satisfies (Exclude<
  keyof ShipmentPackageInput,
  "id"
> &
  MemberOf<"Shipment/Packages">)[];
const newFields = [
  "CustomerID",
  "LocationID",
  "WarehouseID",
  "ShipmentDate",
  "ShipVia",
  "FreightCost",
  "Description",
  "ControlQty",
] as const satisfies (keyof ShipmentInput & MemberOf<"Shipment">)[];
const patchFields = [
  "Hold",
  "ShipVia",
  "ShipmentDate",
  "FreightCost",
  "Description",
] as const satisfies (keyof ShipmentPatch & MemberOf<"Shipment">)[];

/** Our marks and tracking numbers find a shipment again: one that would be cut off is refused before it is sent. */
const longest: Readonly<Record<string, number>> = {
  Description: 256,
  TrackingNbr: 60,
  CustomRefNbr1: 30,
  BoxID: 15,
  ShipVia: 15,
};

/** A whole new shipment: lines, packages, tracking numbers and marks in one call (facts: acumatica 4.2 B). */
export function newShipment(input: ShipmentInput, has: Has): Body {
  return {
    // Sites may put new shipments on hold by themselves, and a held one cannot be confirmed.
    ...fixed({ Type: "Shipment", Operation: "Issue", Hold: false }, has),
    // Keeps Acumatica from packing boxes and buying labels itself (facts: acumatica 4.3).
    ...fixed({ UnlimitedPackages: true }, has),
    ...wrap("Shipment", input, newFields, has),
    ...freightPrice(input.FreightPrice, has),
    Details: input.Details.map((line) => wrap("Shipment/Details", line, lineFields, has)),
    Packages: input.Packages.map((parcel) => packageRow(parcel, has)),
  };
}

/** Changes to a shipment; packages without `id` are appended, the others updated, those not named stay (facts: acumatica 4.3). */
export function changedShipment(shipmentNbr: string, patch: ShipmentPatch, has: Has): Body {
  return {
    ...fixed({ ShipmentNbr: shipmentNbr }, has),
    ...(patch.UnlimitedPackages === undefined ? {} : fixed({ UnlimitedPackages: patch.UnlimitedPackages }, has)),
    ...wrap("Shipment", patch, patchFields, has),
    ...freightPrice(patch.FreightPrice, has),
    ...(patch.Packages ? { Packages: patch.Packages.map((parcel) => packageRow(parcel, has)) } : {}),
  };
}

/** A row's id is bare, unlike its fields. */
const packageRow = (parcel: ShipmentPackageInput, has: Has): object => ({
  ...(parcel.id === undefined ? {} : { id: parcel.id }),
  ...wrap("Shipment/Packages", parcel, packageFields, has),
});

const fixed = (values: Partial<Record<MemberOf<"Shipment">, Scalar>>, has: Has): Fields =>
  wrap("Shipment", values, Object.keys(values) as MemberOf<"Shipment">[], has);

/** The price has had another name before 22.200.001, and is taken only together with the flag (facts: acumatica 1.5, 4.3). */
function freightPrice(price: number | undefined, has: Has): Fields {
  if (price === undefined || !has("Shipment", "OverrideFreightPrice")) return {};
  const name = has("Shipment", "FreightPrice") ? "FreightPrice" : "FreightAmount";
  return has("Shipment", name) ? fixed({ OverrideFreightPrice: true, [name]: price }, has) : {};
}

/** Members that the endpoint lacks are left out: whatever the connector cannot do without was asked for before. */
function wrap<Path extends FieldPath, Name extends MemberOf<Path>>(
  path: Path,
  source: Readonly<Partial<Record<Name, Scalar>>>,
  names: readonly Name[],
  has: Has,
): Fields {
  const fields: Fields = {};
  for (const name of names) {
    const value = source[name];
    if (value === undefined || !has(path, name)) continue;
    assertSendable(name, value);
    fields[name] = { value };
  }
  return fields;
}

function assertSendable(name: string, value: Scalar): void {
  const limit = longest[name] ?? Infinity;
  if (typeof value === "string" && value.length > limit) {
    throw new ConnectorError("acumatica.bad-request", {
      message: `${name} may have at most ${limit} characters; it has ${value.length}. Nothing was sent.`,
    });
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new ConnectorError("acumatica.bad-request", { message: `${name} is not a number. Nothing was sent.` });
  }
}
