import { row, type ErrorRow } from "./error-row.ts";

/** The part of the closed table about labels, and the shipments they become in the ERP. */
export const shipmentErrors = {
  "label.order-unknown": row(
    "person",
    "operator",
    "This label belongs to no order of ours.",
    "It was made for an order that the connector did not send.",
    "Nothing to do, unless the order should have been ours.",
  ),
  "label.line-unknown": row(
    "person",
    "operator",
    "A line on the label cannot be found on the Acumatica order.",
    "The line was added or changed in ShipStation, or removed in Acumatica.",
    "Add the line to the Acumatica order, or correct the line in ShipStation, then replay.",
  ),
  "label.over-shipped": row(
    "person",
    "operator",
    "The label ships more than the order has open.",
    "The quantity was changed on one side.",
    "Correct the open quantity in Acumatica, then replay.",
  ),
  "label.voided-after-shipping": row(
    "person",
    "operator",
    "The label was voided after its shipment was confirmed in Acumatica.",
    "The parcel will not travel, but the ERP says shipped.",
    "Use Correct Shipment in Acumatica while it is not invoiced.",
  ),
  "label.no-tracking": row(
    "person",
    "operator",
    "The order was marked shipped without a tracking number.",
    "It was marked as shipped by hand in ShipStation.",
    "Enter the tracking number in ShipStation, or confirm the shipment in Acumatica by hand.",
  ),
  "label.unmapped-service": row(
    "person",
    "operator",
    "No Ship Via code is set for this carrier and service.",
    "The value table has no row for it and the connection has no default.",
    "Add the row to the Ship Via table of the connection, then replay.",
  ),
  "shipment.ambiguous": row(
    "person",
    "operator",
    "Several Acumatica shipments could be the one for this label.",
    "Somebody made shipments by hand at the same time.",
    "Settle the shipments in Acumatica, then replay.",
  ),
  "shipment.blocked": row(
    "person",
    "operator",
    "The Acumatica shipment is in a state that cannot be confirmed.",
    "It is on hold, cancelled or in an unknown state.",
    "Settle the shipment in Acumatica, then replay.",
  ),
  "shipment.read-back-differs": row(
    "person",
    "operator",
    "The Acumatica shipment is not what was planned.",
    "Acumatica changed lines or packages while saving.",
    "Compare the shipment with the label, correct it in Acumatica, then replay.",
  ),
  "shipment.in-doubt": row(
    "wait",
    "nobody",
    "It is not known yet whether Acumatica made the shipment.",
    "The answer was lost; the ERP may still carry the request out.",
    "Nothing to do: after the quarantine the connector reads again and decides.",
  ),
  "shipment.not-confirmed": row(
    "retry",
    "nobody",
    "Acumatica has not confirmed the shipment.",
    "The confirmation did not take effect.",
    "Nothing to do at first; after several tries the record waits for a person.",
  ),
} as const satisfies Record<string, ErrorRow>;
