import { row, type ErrorRow } from "./error-row.ts";

/** The part of the closed table about a connection as a whole: why it does not work, and what lets it. */
export const connectionErrors = {
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
    "Reconcile the connection, look at what differs and at what `preview` says, then resume the connection.",
  ),
  "connection.unreconciled": row(
    "person",
    "operator",
    "A restored connection is not resumed before it was reconciled.",
    "What was written to Acumatica and ShipStation since the backup is not remembered here; only reading both tells.",
    "Reconcile the connection, look at what differs, then resume it.",
  ),
  "connection.secret-unreadable": row(
    "person",
    "operator",
    "The stored credentials cannot be opened.",
    "The master key or the connection's address has changed.",
    "Enter the credentials again.",
  ),
} as const satisfies Record<string, ErrorRow>;
