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

export const row = (
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
