import { createHmac, timingSafeEqual } from "node:crypto";
import { verifyAudit, type ChainReport } from "./audit-verify.ts";
import { canonical } from "./hash.ts";
import type { Db } from "./schema.ts";

/** The ends of all chains at one moment, signed: kept elsewhere, they show later what was rewritten or cut off (failures T13). */
export interface SignedHeads {
  at: string;
  /** `connectionId` null: the entries that belong to none. */
  heads: { connectionId: string | null; seq: number; hash: string }[];
  /** HMAC-SHA256, in hexadecimal, under a key derived from the master key. */
  signature: string;
}

export interface HeadsReport {
  /** Whether these heads were signed by this service, under its present master key. */
  isSigned: boolean;
  intact: boolean;
  chains: ChainReport[];
}

export interface AuditHeads {
  sign(): Promise<SignedHeads>;
  /** Whether every chain still holds what these heads say it held. */
  check(kept: SignedHeads): Promise<HeadsReport>;
}

export function createAuditHeads(db: Db, clock: { now(): number }, key: Buffer): AuditHeads {
  const signatureOf = ({ at, heads }: Omit<SignedHeads, "signature">): Buffer =>
    createHmac("sha256", key).update(canonical({ at, heads })).digest();
  return {
    sign: async () => {
      const rows = await db.selectFrom("audit_heads").select(["chain", "seq", "hash"]).orderBy("chain").execute();
      const heads = rows.map(({ chain, seq, hash }) => ({ connectionId: chain === "" ? null : chain, seq, hash }));
      const told = { at: new Date(clock.now()).toISOString(), heads };
      return { ...told, signature: signatureOf(told).toString("hex") };
    },
    check: async (kept) => {
      const given = Buffer.from(kept.signature, "hex");
      const right = signatureOf(kept);
      const isSigned = given.length === right.length && timingSafeEqual(given, right);
      const chains: ChainReport[] = [];
      for (const { connectionId, seq, hash } of kept.heads) {
        chains.push(...(await verifyAudit(db, { connectionId, kept: { seq, hash } })));
      }
      return { isSigned, intact: isSigned && chains.every(({ found }) => found === 0), chains };
    },
  };
}
