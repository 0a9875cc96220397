import { createHash } from "node:crypto";
import { canonical } from "./hash.ts";

/** The end of a chain, or any place in it. An empty chain ends at `0` with an empty hash. */
export interface AuditHead {
  seq: number;
  /** SHA-256 in hexadecimal. */
  hash: string;
}

/** What an entry's hash covers: everything of it but the row's id, which the database chooses. */
export interface ChainedEntry {
  connectionId: string | null;
  seq: number;
  at: Date;
  actor: string;
  kind: string | null;
  key: string | null;
  event: string;
  detail: unknown;
}

export const emptyChain: AuditHead = { seq: 0, hash: "" };

/** `SHA-256(previous hash || canonical entry)`: an entry vouches for all before it (failures T13). */
export function hashEntry(previousHash: string, entry: ChainedEntry): string {
  const { connectionId, seq, at, actor, kind, key, event, detail } = entry;
  const text = canonical({ connectionId, seq, at: at.toISOString(), actor, kind, key, event, detail });
  return createHash("sha256").update(previousHash).update(text).digest("hex");
}

/** The name of a chain in the database: entries that belong to no connection have one of their own. */
export const chainOf = (connectionId: string | null): string => connectionId ?? "";
