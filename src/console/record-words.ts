import { recordKinds, type ConnectorRecord, type RecordKind } from "./api.ts";

/** Names one record among all connections. */
export const recordId = (record: Pick<ConnectorRecord, "connectionId" | "kind" | "key">): string =>
  `${record.connectionId} ${record.kind} ${record.key}`;

const kindNames = { order: "Order", label: "Label", item: "Item", customer: "Customer" };

/** `SO/000123` is read as number 000123 of type SO; a label's key has no type. */
export function numberOf(key: string): { number: string; type: string | null } {
  const slash = key.indexOf("/");
  return slash < 0 ? { number: key, type: null } : { number: key.slice(slash + 1), type: key.slice(0, slash) };
}

/** Only an order's key has a type before its number; an item's may hold a slash of its own. */
export const shownKey = ({ kind, key }: Pick<ConnectorRecord, "kind" | "key">): string =>
  kind === "order" ? numberOf(key).number : key;

/** A word of the address bar; what is none of ours is shown as it stands. */
export const kindOf = (word: string): RecordKind => recordKinds.find((kind) => kind === word) ?? "label";

/** What a person calls this record: `Order 000123`, `Label 501002`, `Item AB/12`. */
export const nameOf = (record: Pick<ConnectorRecord, "kind" | "key">): string =>
  `${kindNames[record.kind]} ${shownKey(record)}`;
