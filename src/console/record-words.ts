import type { ConnectorRecord } from "./api.ts";

/** Names one record among all connections. */
export const recordId = (record: Pick<ConnectorRecord, "connectionId" | "kind" | "key">): string =>
  `${record.connectionId} ${record.kind} ${record.key}`;

/** `SO/000123` is read as number 000123 of type SO; a label's key has no type. */
export function numberOf(key: string): { number: string; type: string | null } {
  const slash = key.indexOf("/");
  return slash < 0 ? { number: key, type: null } : { number: key.slice(slash + 1), type: key.slice(0, slash) };
}

/** What a person calls this record: `Order 000123`, `Label 501002`. */
export const nameOf = (record: Pick<ConnectorRecord, "kind" | "key">): string =>
  `${record.kind === "order" ? "Order" : "Label"} ${numberOf(record.key).number}`;
