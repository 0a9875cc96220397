/** What every record of the tenant has. */
export interface Row {
  /** The record's NoteID. */
  id: string;
  note?: string | undefined;
  /** User-defined fields by view and field, shown only when `$custom` names them. */
  custom?: Record<string, Record<string, { type: string; value?: unknown }>> | undefined;
  /** Archived records are not shown unless a request asks for them by header (facts: acumatica 2.2). */
  isArchived?: boolean;
}
