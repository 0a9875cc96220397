import type { Order } from "../core/orders.ts";
import { openEffects, settleEffect, type Effect } from "../ledger/effects.ts";
import { linksOf, saveLink, type Link } from "../ledger/links.ts";
import { mirrorByKeys } from "../ledger/mirror.ts";
import { releaseClaims } from "../ledger/many-records.ts";
import { claimDue, settleRecord, type Claim } from "../ledger/records.ts";
import { ConnectorError } from "../lib/errors.ts";
import { sameOrder } from "../mapping/order-read-back.ts";
import type { SsOrder } from "../shipstation/v1/entities.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { outcomeOfError } from "./failure.ts";
import { awaitingReadBack, type SentOrder } from "./order-sending.ts";
import { readMirror } from "./mirror.ts";
import { lookUpKey, type KeyLookup } from "./order-lookup.ts";

const batch = 500;
/** Reaches the records just pushed, which are due a few seconds from now. */
const horizonMs = 10_000;

/** Reads back everything just pushed, in one listing: a 2xx is not success, a read that shows the plan is. */
export async function readBackPushed(deps: FlowDeps): Promise<void> {
  const unsettled: Claim[] = [];
  for (;;) {
    const due = { connectionId: deps.connection.id, kind: "order" as const, now: nowOf(deps), limit: batch };
    const claims = await claimDue(deps.db, { ...due, reasonCode: awaitingReadBack, horizonMs });
    if (claims.length === 0) break;
    const settled = await lookAtDoubtful(deps, claims);
    unsettled.push(...claims.filter((claim) => !settled.has(claim.key)));
    if (claims.length < batch) break;
  }
  // What is not there, or has changed since it was sent, the next run plans.
  await releaseClaims(deps.db, unsettled, nowOf(deps));
}

/**
 * Looks in ShipStation for every claimed order whose write is not settled: sent before a crash, in doubt after a lost answer,
 * or just pushed. Returns the keys it settled; the others may be planned.
 */
export async function lookAtDoubtful(deps: FlowDeps, claims: readonly Claim[]): Promise<Set<string>> {
  const open = new Map<string, Effect>();
  const keys = claims.map((claim) => claim.key);
  for (const effect of await openEffects(deps.db, deps.connection.id, "order", keys)) open.set(effect.key, effect);
  if (open.size === 0) return new Set();
  const doubtful = claims.filter((claim) => open.has(claim.key));
  const settled = new Set<string>();
  try {
    const listing = await readMirror(deps);
    const listed = new Map(listing.rows.map((row) => [row.orderId, row]));
    for (const claim of doubtful) {
      const effect = open.get(claim.key);
      if (effect && (await settleByLook(deps, claim, effect, listed))) settled.add(claim.key);
    }
  } catch (thrown) {
    await releaseClaims(
      deps.db,
      doubtful.filter((claim) => !settled.has(claim.key)),
      nowOf(deps),
    );
    throw thrown;
  }
  return settled;
}

/** One order: is what was sent there? Returns false when the order may be planned again. */
async function settleByLook(
  deps: FlowDeps,
  claim: Claim,
  effect: Effect,
  listed: ReadonlyMap<number, SsOrder>,
): Promise<boolean> {
  const { order, orderId, sourceHash, warnings } = effect.plan as SentOrder;
  const [link] = await linksOf(deps.db, deps.connection.id, "order", [claim.key]);
  const look = await findLive(deps, claim, order, link, listed);
  const now = nowOf(deps);
  const isQuarantined = effect.quarantineUntil !== undefined && effect.quarantineUntil > now;
  const wait = async (text: string, event: string): Promise<true> => {
    const reason = { code: awaitingReadBack, text };
    const dueAt = effect.quarantineUntil ?? now;
    const outcome = { state: "Waiting" as const, reason, dueAt, event };
    await deps.db.transaction().execute((tx) => settleRecord(tx, claim, now, outcome, "orders-out"));
    return true;
  };
  if (look.kind !== "live") {
    if (isQuarantined)
      return wait("Not visible in ShipStation yet; looking again before anything is sent.", "order.not-visible");
    const evidence = { lookedAt: now.toISOString() };
    await deps.db.transaction().execute(async (tx) => {
      // It was made, and is no more: linked, so that it is never made again (I1), and a person is told.
      if (look.kind === "gone") await saveLink(tx, claim, now, { ...linkTo(look.orderId), sentHash: undefined });
      await settleEffect(tx, claim, effect.effectKey, now, "not_done", evidence);
    });
    return false;
  }
  const live = look.order;
  const differences = sameOrder(order, live, orderId === undefined ? "create" : "update");
  // The answer was lost, and what was sent may still land: another version must not be sent before that, or the older one would win.
  const isAnswered = link?.sentHash === effect.planHash;
  if (differences.length > 0 && !isAnswered && isQuarantined)
    return wait("The answer was lost; looking again before anything is sent.", "order.in-doubt");
  // Changed, held or cancelled since it was sent: what was sent is done, and the change is planned now.
  const isCurrent = sourceHash === claim.hash;
  await deps.db.transaction().execute(async (tx) => {
    const found = linkTo(live.orderId);
    if (differences.length === 0) {
      await saveLink(tx, claim, now, { ...found, sentHash: effect.planHash });
      await settleEffect(tx, claim, effect.effectKey, now, "done", {
        orderId: live.orderId,
        orderStatus: live.orderStatus,
      });
      if (!isCurrent) return;
      const detail = { shipStationOrderId: live.orderId };
      await settleRecord(
        tx,
        claim,
        now,
        {
          state: "Processed",
          event: "order.confirmed",
          problems: warnings ?? [],
          attempts: 0,
          detail,
          remoteKey: order.orderKey,
        },
        "orders-out",
      );
      return;
    }
    // Linked without a hash: the next plan is an update, never a create.
    await saveLink(tx, claim, now, { ...found, sentHash: undefined });
    await settleEffect(tx, claim, effect.effectKey, now, "not_done", { differences });
    const error = new ConnectorError("order.read-back-differs", { problems: differences });
    await settleRecord(
      tx,
      claim,
      now,
      outcomeOfError(error, claim, now, deps.random, "order.read-back-differs"),
      "orders-out",
    );
  });
  return isCurrent || differences.length > 0;
}

const linkTo = (orderId: number) => ({ system: "shipstation" as const, remoteId: String(orderId) });

/** By the link, else by the key in our mirror, else by the key as V2 knows it. */
async function findLive(
  deps: FlowDeps,
  claim: Claim,
  order: Order,
  link: Link | undefined,
  listed: ReadonlyMap<number, SsOrder>,
): Promise<KeyLookup> {
  const [row] = link ? [] : await mirrorByKeys(deps.db, deps.connection.id, [order.orderKey]);
  const orderId = Number(link?.remoteId ?? row?.orderId ?? NaN);
  if (Number.isNaN(orderId)) return lookUpKey(deps, claim.key, order.orderKey);
  const subject = { kind: "order" as const, key: claim.key };
  const shown = listed.get(orderId) ?? (await deps.archive.about([subject], () => deps.shipstation.getOrder(orderId)));
  return shown ? { kind: "live", order: shown } : { kind: "none" };
}
