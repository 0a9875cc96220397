/** One thing wrong with one field, in words an operator can act on. */
export interface Problem {
  /** Path of the field in its source document, e.g. `Details[2].InventoryID`. */
  field: string;
  /** What is there now. */
  found: string;
  /** What to change, and where. */
  cure: string;
}
