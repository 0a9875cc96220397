import { readCursor } from "../ledger/cursors.ts";
import { linksOf, saveLink } from "../ledger/links.ts";
import { wakeRecords } from "../ledger/due-records.ts";
import { releaseClaims } from "../ledger/many-records.ts";
import { claimDue, settleRecord, type Claim, type Outcome } from "../ledger/records.ts";
import { customerDifferences, type CustomerData } from "../mapping/customer-from-acumatica.ts";
import type { Listing } from "../shipstation/v1/client.types.ts";
import type { SsCustomer } from "../shipstation/v1/entities.ts";
import { actor, notBorn } from "./catalog-polls.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { beginListing, keepListing } from "./listings.ts";
import { sinceCursor } from "./streams.ts";

const all = "shipstation.customers";
const recent = "shipstation.customers.recent";
const batch = 500;
/** Customers read one by one in a run, because the ERP changed them and no listing has them. */
const readsPerRun = 10;
const restMs = 60_000;

/**
 * Customers of ShipStation are only looked at: no call writes one. Those that orders of ours gave birth to are linked and compared; the
 * others wait for their first order.
 */
export async function verifyCustomers(deps: FlowDeps): Promise<void> {
  const listed = await readCustomers(deps);
  let reads = 0;
  while (!deps.stopping()) {
    const { id } = deps.connection;
    const claims = await claimDue(deps.db, { connectionId: id, kind: "customer", now: nowOf(deps), limit: batch });
    if (claims.length === 0) return;
    const keys = claims.map(({ key }) => key);
    const links = new Map((await linksOf(deps.db, id, "customer", keys)).map((link) => [link.key, link.remoteId]));
    const later: Claim[] = [];
    const settled: { claim: Claim; live: SsCustomer | undefined }[] = [];
    for (const claim of claims) {
      const remoteId = links.get(claim.key);
      const known = listed.get(nameOf(claim.key));
      if (known === undefined && remoteId !== undefined && (reads >= readsPerRun || deps.stopping())) {
        later.push(claim);
        continue;
      }
      if (known === undefined && remoteId !== undefined) reads += 1;
      const read = known === undefined && remoteId !== undefined;
      settled.push({ claim, live: read ? await deps.shipstation.getCustomer(Number(remoteId)) : known });
    }
    await settleAll(deps, settled);
    await releaseClaims(deps.db, later, new Date(deps.clock.now() + restMs));
  }
}

/** Names compare without case, as ShipStation's own do. */
const nameOf = (text: string): string => text.trim().toUpperCase();

/** What changed among ShipStation's customers, by user name; all of them at first. Customers of ours among them are due. */
async function readCustomers(deps: FlowDeps): Promise<Map<string, SsCustomer>> {
  const { id } = deps.connection;
  const isFilled = (await readCursor(deps.db, id, all)) !== undefined;
  const start = await beginListing(deps, isFilled ? recent : all);
  const { from } = start;
  const listing: Listing<SsCustomer> = isFilled
    ? await deps.shipstation.listRecentCustomers(await sinceCursor(deps, (await isRead(deps, recent)) ? recent : all))
    : await deps.shipstation.listCustomers(typeof from === "object" ? from : undefined);
  const byName = new Map<string, SsCustomer>();
  for (const row of listing.rows) for (const name of row.marketplaceUsernames) byName.set(nameOf(name), row);
  await keepListing(deps, start, listing, (tx) =>
    wakeRecords(
      tx,
      { connectionId: id, kind: "customer", reasonCode: notBorn, names: [...byName.keys()] },
      nowOf(deps),
    ),
  );
  return byName;
}

const isRead = async (deps: FlowDeps, stream: string): Promise<boolean> =>
  (await readCursor(deps.db, deps.connection.id, stream)) !== undefined;

async function settleAll(
  deps: FlowDeps,
  settled: readonly { claim: Claim; live: SsCustomer | undefined }[],
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const now = nowOf(deps);
    for (const { claim, live } of settled) {
      if (live) {
        const remoteId = String(live.customerId);
        await saveLink(tx, claim, now, { system: "shipstation", remoteId, sentHash: undefined });
      }
      await settleRecord(tx, claim, now, live ? verified(claim.source as CustomerData, live) : waiting, actor);
    }
  });
}

const waiting: Outcome = {
  state: "Waiting",
  reason: { code: notBorn, text: "ShipStation makes this customer with the customer's first order." },
  attempts: 0,
  event: "customer.waiting",
};

const verified = (customer: CustomerData, live: SsCustomer): Outcome => ({
  state: "Processed",
  reason: { code: "verified-by-read", text: "ShipStation has no call that writes customers; verified by read." },
  problems: customerDifferences(customer, live),
  detail: { customerId: live.customerId },
  attempts: 0,
  event: "customer.verified",
});
