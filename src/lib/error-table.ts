/**
 * What the connector does about an error.
 * - `retry`: try again by itself, later each time (full jitter).
 * - `wait`: nothing is wrong; the other side asks for patience until a known time.
 * - `person`: trying again cannot help; somebody must change something.
 * - `defect`: our own mistake; stop this record and say so.
 */
export type Disposition = "retry" | "wait" | "person" | "defect";

/** One row of the error catalogue; `docs/errors.md` and the console's error pages are made from it. */
export interface ErrorRow {
  disposition: Disposition;
  message: string;
  cause: string;
  cure: string;
  /** Who can mend it. */
  who: "nobody" | "operator" | "Acumatica admin" | "ShipStation admin" | "us";
}

const row = (
  disposition: Disposition,
  who: ErrorRow["who"],
  message: string,
  cause: string,
  cure: string,
): ErrorRow => ({
  disposition,
  who,
  message,
  cause,
  cure,
});

/** The closed table. Adding a code means deciding what happens about it. */
export const errorTable = {
  "network.unreachable": row(
    "retry",
    "operator",
    "The host could not be reached.",
    "The name does not resolve, or nothing listens at that address.",
    "Check the address and the network; the connector keeps trying.",
  ),
  "network.timeout": row(
    "retry",
    "nobody",
    "No complete answer arrived in time.",
    "The other side is slow or overloaded. A write may still be carried out.",
    "Nothing to do: the connector looks at what happened before it writes again.",
  ),
  "network.tls": row(
    "person",
    "operator",
    "The secure connection could not be made.",
    "The certificate is expired, self-signed or for another name.",
    "Install a certificate the connector's machine trusts.",
  ),
  "network.redirected": row(
    "person",
    "operator",
    "The host answered with a redirect, which is never followed.",
    "The address is not that of the API itself.",
    "Enter the final address of the system, without redirects.",
  ),
  "network.too-large": row(
    "person",
    "operator",
    "The answer was larger than the limit.",
    "A page or record is far larger than any this connector expects.",
    "Lower the page size or report the record.",
  ),
  "network.origin-refused": row(
    "person",
    "operator",
    "This address is not allowed.",
    "Only public https addresses are allowed, unless the operator lists the origin.",
    "Add the origin to ML_ALLOWED_ORIGINS, or use a public https address.",
  ),
  "acumatica.credentials": row(
    "person",
    "operator",
    "Acumatica refused the user name or password.",
    "The password is wrong, expired, must be changed, or the user is locked.",
    "Enter the right password. The connector stops at once, because Acumatica locks accounts.",
  ),
  "acumatica.tenant": row(
    "person",
    "operator",
    "Acumatica does not know this tenant.",
    "The tenant's login name is misspelt or missing.",
    "Enter the tenant's login name as shown on the Tenants form (SM203520).",
  ),
  "acumatica.endpoint-missing": row(
    "person",
    "operator",
    "This Acumatica has no such endpoint name and version.",
    "Endpoint versions differ between sites and tenants.",
    "Choose one of the versions on offer; `ping` lists them.",
  ),
  "acumatica.endpoint-incomplete": row(
    "person",
    "Acumatica admin",
    "The endpoint lacks fields that the connector cannot do without.",
    "An endpoint of the customer's own that does not extend Default, or one from which fields were removed.",
    "Add the fields named on the Web Service Endpoints form (SM207060), or choose an endpoint that extends Default.",
  ),
  "acumatica.session-limit": row(
    "wait",
    "Acumatica admin",
    "All licensed API sessions are in use.",
    "Other programs hold the sessions of this licence.",
    "Wait, or close other API sessions; they end by themselves after 10 idle minutes.",
  ),
  "acumatica.session-lost": row(
    "retry",
    "nobody",
    "The Acumatica session has ended.",
    "The session idled out, or the site was restarted.",
    "Nothing to do: the connector signs in again.",
  ),
  "acumatica.rate-limited": row(
    "wait",
    "nobody",
    "Acumatica declined the request because of the licence's limits.",
    "More requests a minute than the licence allows.",
    "Nothing to do: the connector waits.",
  ),
  "acumatica.rights": row(
    "person",
    "Acumatica admin",
    "The Acumatica user may not do this.",
    "The user's role lacks a form, or the feature is switched off.",
    "Give the user's role the rights to the form named in the message.",
  ),
  "acumatica.setup-missing": row(
    "person",
    "Acumatica admin",
    "A preferences form in Acumatica has not been filled in.",
    "The form named in the message holds required settings.",
    "Fill in the preferences form named in the message.",
  ),
  "acumatica.list-unsupported": row(
    "person",
    "Acumatica admin",
    "Acumatica cannot list this entity with these fields.",
    "A field comes from a view with a delegate; such lists cannot be optimised.",
    "The connector reads record by record instead; if that fails too, report it.",
  ),
  "acumatica.rejected": row(
    "person",
    "operator",
    "Acumatica did not accept the values.",
    "One or more fields are invalid; each is named.",
    "Correct the fields named, then replay.",
  ),
  "acumatica.business-rule": row(
    "person",
    "operator",
    "A rule of Acumatica forbids this.",
    "The message of Acumatica says which.",
    "Do what the message asks in Acumatica, then replay.",
  ),
  "acumatica.concurrent-edit": row(
    "retry",
    "nobody",
    "Somebody else changed the record at the same moment.",
    "Another process saved the record first.",
    "Nothing to do: the connector reads again and tries again.",
  ),
  "acumatica.server-error": row(
    "retry",
    "nobody",
    "Acumatica failed to answer.",
    "The site is restarting or overloaded.",
    "Nothing to do unless it lasts; the connector keeps trying.",
  ),
  "acumatica.unreadable": row(
    "retry",
    "nobody",
    "Acumatica's answer could not be read.",
    "It was cut off, was a web page, or has an unknown shape.",
    "Nothing to do unless it lasts; then report it with the record's timeline.",
  ),
  "acumatica.action-unfinished": row(
    "retry",
    "nobody",
    "An Acumatica operation did not finish in time.",
    "Long operations wait in the ERP's queue.",
    "Nothing to do: the connector reads the record to learn the outcome.",
  ),
  "acumatica.bad-request": row(
    "defect",
    "us",
    "Acumatica could not understand the request.",
    "The connector built a request the endpoint does not accept.",
    "Report it with the record's timeline.",
  ),
  "shipstation.credentials": row(
    "person",
    "operator",
    "ShipStation refused the API key.",
    "The key pair is wrong, revoked or expired.",
    "Make a new key pair in ShipStation (Settings, Account, API Settings) and enter it.",
  ),
  "shipstation.plan": row(
    "person",
    "ShipStation admin",
    "The ShipStation plan does not include this API.",
    "API access depends on the plan.",
    "Upgrade the plan, then make new keys.",
  ),
  "shipstation.rate-limited": row(
    "wait",
    "nobody",
    "ShipStation asked to slow down.",
    "The account's calls of this minute are used up, perhaps by another program.",
    "Nothing to do: the connector waits for the next minute.",
  ),
  "shipstation.budget-spent": row(
    "wait",
    "nobody",
    "The planned calls of this minute are used up.",
    "The connector stays below ShipStation's limit and keeps some calls in reserve.",
    "Nothing to do: work goes on with the next minute.",
  ),
  "shipstation.rejected": row(
    "person",
    "operator",
    "ShipStation did not accept the values.",
    "One or more fields are invalid; the message says which.",
    "Correct the fields named, then replay.",
  ),
  "shipstation.not-found": row(
    "person",
    "operator",
    "ShipStation has no such record.",
    "It was deleted, or merged into another order.",
    "Look for the order in ShipStation; the connector never creates it a second time.",
  ),
  "shipstation.server-error": row(
    "retry",
    "nobody",
    "ShipStation failed to answer.",
    "The service is failing, or one value upsets it.",
    "Nothing to do at first; after several tries the record waits for a person.",
  ),
  "shipstation.unreadable": row(
    "retry",
    "nobody",
    "ShipStation's answer could not be read.",
    "It was cut off, was a web page, or has an unknown shape.",
    "Nothing to do unless it lasts; then report it with the record's timeline.",
  ),
  "order.unmappable": row(
    "person",
    "operator",
    "The order cannot be expressed in ShipStation as it is.",
    "Fields are missing or invalid; each is named with its cure.",
    "Correct the fields named in Acumatica, or the value table, then replay.",
  ),
  "order.key-taken": row(
    "person",
    "operator",
    "ShipStation already has an order with this key that is not ours.",
    "Another program or person made it, or two documents share a number.",
    "Change the connection's order key template, or remove the other order.",
  ),
  "order.link-gone": row(
    "person",
    "operator",
    "The ShipStation order we made no longer exists.",
    "It was deleted, or merged into another order.",
    "Ship it by hand or mark it as done; it is never created a second time.",
  ),
  "order.locked": row(
    "person",
    "operator",
    "The order changed in Acumatica after ShipStation had shipped or cancelled it.",
    "A shipped or cancelled ShipStation order is never changed.",
    "Decide which side is right and correct the other by hand.",
  ),
  "order.read-back-differs": row(
    "retry",
    "nobody",
    "ShipStation does not show what was sent.",
    "The read came too early, or ShipStation dropped values.",
    "Nothing to do at first; after several tries the record waits for a person.",
  ),
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
  "connection.stopped": row(
    "person",
    "operator",
    "This connection has been stopped.",
    "The reason is shown with the connection.",
    "Mend the reason, then resume the connection.",
  ),
  "connection.invalid": row(
    "person",
    "operator",
    "The connection's settings are not valid.",
    "One or more fields are missing, misspelt or impossible; each is named with its cure.",
    "Correct the fields named and try again.",
  ),
  "connection.restored": row(
    "person",
    "operator",
    "This connection was restored from a backup and waits for a person.",
    "What was written to Acumatica and ShipStation since the backup is not remembered here.",
    "Look at both systems and at what `preview` says, then resume the connection.",
  ),
  "connection.secret-unreadable": row(
    "person",
    "operator",
    "The stored credentials cannot be opened.",
    "The master key or the connection's address has changed.",
    "Enter the credentials again.",
  ),
  "claim.lost": row(
    "retry",
    "nobody",
    "Another worker took over this record.",
    "This worker was too slow or was paused.",
    "Nothing to do.",
  ),
  "internal.defect": row(
    "defect",
    "us",
    "Something unexpected went wrong inside the connector.",
    "A defect of ours.",
    "Report it with the record's timeline.",
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
