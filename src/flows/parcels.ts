import type { Label } from "../core/shipments.ts";
import { linksOf } from "../ledger/links.ts";
import { labelsOfOrder } from "../ledger/label-owners.ts";
import { findRecordSource } from "../ledger/record-detail.ts";
import type { RecordKind } from "../ledger/schema.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import type { V2Label } from "../shipstation/v2/entities.ts";
import type { FlowDeps } from "./deps.ts";

export type ParcelDeps = Pick<FlowDeps, "db" | "connection" | "shipstationV2">;

/** What ShipStation V2 adds to a record's page. */
export interface Parcels {
  parcels: Parcel[];
  /** Why there is less than there could be, in words for the person who looks; null when nothing is missing. */
  notice: string | null;
}

export interface Parcel {
  /** The label record's key. */
  label: string;
  trackingNumber: string | null;
  /** The carrier's page; always https. */
  trackingUrl: string | null;
  hasPdf: boolean;
}

const whatV2Adds =
  "With a ShipStation V2 key on this connection, this page shows the carrier's tracking page and the label as PDF.";

/** The labels of a record, or the one label that it is, as V2 shows them now. undefined if there is no such record. */
export async function parcelsOf(deps: ParcelDeps, kind: RecordKind, key: string): Promise<Parcels | undefined> {
  const source = await findRecordSource(deps.db, deps.connection.id, kind, key);
  if (source === undefined) return undefined;
  const known =
    kind === "label" ? [key] : (await labelsOfOrder(deps.db, deps.connection.id, key)).map((row) => row.key);
  const bought = new Set(known.filter((label) => labelIdOf(label) !== undefined));
  // Marked as shipped: there is no label.
  if (bought.size === 0) return { parcels: [], notice: null };
  const v2 = deps.shipstationV2;
  if (v2 === undefined) return { parcels: [], notice: whatV2Adds };
  try {
    const labels = kind === "label" ? [await v2.getLabel(labelIdOf(key) ?? 0, "person")] : await ofOrder(deps, v2, key);
    const parcels = labels.filter((label) => label !== undefined).map(parcelFrom);
    return { parcels: parcels.filter(({ label }) => bought.has(label)), notice: null };
  } catch (thrown) {
    const { message, cure } = asConnectorError(thrown);
    return { parcels: [], notice: `${message} ${cure}` };
  }
}

/** A label as PDF, through this service: the key that opens it stays here. undefined if the connection has no such label. */
export async function labelPdf(deps: ParcelDeps, labelKey: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const labelId = labelIdOf(labelKey);
  const source = await findRecordSource(deps.db, deps.connection.id, "label", labelKey);
  if (source === undefined || labelId === undefined) return undefined;
  if (deps.shipstationV2 === undefined) throw new ConnectorError("shipstation.v2-missing");
  return deps.shipstationV2.labelPdf(labelId, "person");
}

/** An order split in ShipStation has labels under several orders of theirs. */
async function ofOrder(
  deps: ParcelDeps,
  v2: NonNullable<ParcelDeps["shipstationV2"]>,
  key: string,
): Promise<V2Label[]> {
  const links = await linksOf(deps.db, deps.connection.id, "order", [key]);
  const labels = await labelsOfOrder(deps.db, deps.connection.id, key);
  const ids = [...links.map(({ remoteId }) => Number(remoteId)), ...labels.map(({ label }) => label.orderId ?? 0)];
  const found: V2Label[] = [];
  for (const orderId of new Set(ids.filter((id) => id > 0))) found.push(...(await v2.labelsOfOrder(orderId, "person")));
  return found;
}

function parcelFrom(label: V2Label): Parcel {
  return {
    label: `S${label.labelId}`,
    trackingNumber: label.trackingNumber ?? null,
    trackingUrl: safeLink(label.trackingUrl),
    hasPdf: label.pdf !== undefined && !label.voided,
  };
}

/** A person may click it, so it is a web page and nothing else. */
function safeLink(text: string | undefined): string | null {
  const url = text === undefined ? null : URL.parse(text);
  return url?.protocol === "https:" ? url.href : null;
}

/** V1's `shipmentId` in a label record's key; an order marked as shipped ("F1") has none. */
const labelIdOf = (key: Label["id"]): number | undefined => {
  const [, digits] = /^S([1-9]\d{0,15})$/.exec(key) ?? [];
  return digits === undefined ? undefined : Number(digits);
};
