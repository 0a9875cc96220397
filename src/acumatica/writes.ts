import { ConnectorError } from "../lib/errors.ts";
import type { AcumaticaAddress } from "./client.types.ts";
import type { ShipmentInput, ShipmentLineInput, ShipmentPackageInput, ShipmentPatch } from "./entities.ts";

type Scalar = string | number | boolean;
type Fields = Record<string, { value: Scalar }>;
type Body = Record<string, { value: Scalar } | object[]>;

/**
 * Acumatica ignores members it does not know without a word (facts: acumatica 2.3), so bodies are built from these lists and
 * from nothing else.
 */
const lineFields = [
  "OrderType",
  "OrderNbr",
  "OrderLineNbr",
  "ShippedQty",
] as const satisfies (keyof ShipmentLineInput)[];
const packageFields = ["BoxID", "Weight", "TrackingNbr", "CustomRefNbr1", "Confirmed"] as const satisfies Exclude<
  keyof ShipmentPackageInput,
  "id"
>[];
const newFields = [
  "CustomerID",
  "LocationID",
  "WarehouseID",
  "ShipmentDate",
  "ShipVia",
  "FreightCost",
  "Description",
  "ControlQty",
] as const satisfies (keyof ShipmentInput)[];
const patchFields = [
  "Hold",
  "ShipVia",
  "ShipmentDate",
  "FreightCost",
  "Description",
] as const satisfies (keyof ShipmentPatch)[];

/** Our marks and tracking numbers find a shipment again: one that would be cut off is refused before it is sent. */
const longest: Readonly<Record<string, number>> = {
  Description: 256,
  TrackingNbr: 60,
  CustomRefNbr1: 30,
  BoxID: 15,
  ShipVia: 15,
};

/** First version of the Default endpoint that knows the field (facts: acumatica 1.5). */
const since: Readonly<Record<string, string>> = { Description: "20.200.001", UnlimitedPackages: "24.200.001" };

type Endpoint = Pick<AcumaticaAddress, "endpointName" | "endpointVersion">;

/** A whole new shipment: lines, packages, tracking numbers and marks in one call (facts: acumatica 4.2 B). */
export function newShipment(input: ShipmentInput, endpoint: Endpoint): Body {
  return {
    Type: { value: "Shipment" },
    Operation: { value: "Issue" },
    // Sites may put new shipments on hold by themselves, and a held one cannot be confirmed.
    Hold: { value: false },
    // Keeps Acumatica from packing boxes and buying labels itself (facts: acumatica 4.3). Whether an endpoint of the
    // customer's own knows it cannot be told from its version.
    ...(endpoint.endpointName === "Default" && isKnown("UnlimitedPackages", endpoint)
      ? { UnlimitedPackages: { value: true } }
      : {}),
    ...wrap(input, newFields, endpoint),
    Details: input.Details.map((line) => wrap(line, lineFields, endpoint)),
    Packages: input.Packages.map((parcel) => packageRow(parcel, endpoint)),
  };
}

/** Changes to a shipment; packages without `id` are appended, the others updated, those not named stay (facts: acumatica 4.3). */
export function changedShipment(shipmentNbr: string, patch: ShipmentPatch, endpoint: Endpoint): Body {
  return {
    ShipmentNbr: { value: shipmentNbr },
    ...wrap(patch, patchFields, endpoint),
    ...(patch.Packages ? { Packages: patch.Packages.map((parcel) => packageRow(parcel, endpoint)) } : {}),
  };
}

/** A row's id is bare, unlike its fields. */
const packageRow = (parcel: ShipmentPackageInput, endpoint: Endpoint): object => ({
  ...(parcel.id === undefined ? {} : { id: parcel.id }),
  ...wrap(parcel, packageFields, endpoint),
});

function wrap<Name extends string>(
  source: Readonly<Partial<Record<Name, Scalar>>>,
  names: readonly Name[],
  endpoint: Endpoint,
): Fields {
  const fields: Fields = {};
  for (const name of names) {
    const value = source[name];
    if (value === undefined || !isKnown(name, endpoint)) continue;
    assertSendable(name, value);
    fields[name] = { value };
  }
  return fields;
}

/** Versions of endpoints with another name say nothing; they are taken to extend a recent Default. */
const isKnown = (field: string, { endpointName, endpointVersion }: Endpoint): boolean =>
  endpointName !== "Default" || isAtLeast(endpointVersion, since[field] ?? "0");

export function isAtLeast(version: string, floor: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, wanted] of floor.split(".").map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
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
