import { planOrder, type Order } from "../core/orders.ts";
import { dispatchEffect, settleEffect } from "../ledger/effects.ts";
import { linksOf, saveLink } from "../ledger/links.ts";
import { releaseClaims } from "../ledger/many-records.ts";
import { expectRemoteKey, settleRecord, type Outcome } from "../ledger/records.ts";
import type { Tx } from "../ledger/schema.ts";
import { asConnectorError, ConnectorError } from "../lib/errors.ts";
import { errorTable } from "../lib/error-table.ts";
import type { Problem } from "../lib/problem.ts";
import { mergeIntoLive, orderToShipStation } from "../mapping/order-to-shipstation.ts";
import { problemsFromBulkText } from "../shipstation/problem-texts.ts";
import type { BulkResult } from "../shipstation/v1/client.types.ts";
import { nowOf, type FlowDeps } from "./deps.ts";
import { isConnectionWide, outcomeOfError } from "./failure.ts";
import type { OrderSend } from "./order-planning.ts";
import { writeAhead } from "./write-ahead.ts";

const actor = "orders-out";

/** Records pushed and not yet seen in ShipStation wait under this reason. */
export const awaitingReadBack = "order.awaiting-read-back";
/** If a process dies before reading back, the next look comes after this. */
const readBackWithinMs = 5_000;
/** How long an order that does not appear after a lost answer is not sent again. ShipStation documents no queue. */
export const orderQuarantineMs = 30_000;

/**
 * New orders in one bulk write. A batch refused as a whole falls back to halves, then singles, so that one bad order delays
 * only itself (design 6.2). After an attempt failed, batches get smaller.
 */
export async function sendCreates(deps: FlowDeps, sends: readonly OrderSend[]): Promise<void> {
  if (sends.length === 0) return;
  const attempts = Math.max(...sends.map((send) => send.claim.attempts));
  const size = Math.max(1, Math.floor(sends.length / 2 ** attempts));
  for (let at = 0; at < sends.length; at += size) await sendBatch(deps, sends.slice(at, at + size));
}

async function sendBatch(deps: FlowDeps, sends: readonly OrderSend[]): Promise<void> {
  const subjects = sends.map((send) => ({ kind: "order" as const, key: send.claim.key }));
  const ahead = writeAhead(deps, (tx, now) => dispatchAll(tx, now, sends));
  let results: BulkResult[];
  try {
    const orders = sends.map((send) => orderToShipStation(send.order));
    results = await deps.archive.about(subjects, () => deps.shipstation.createOrders(orders, "background", ahead));
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (error.code === "shipstation.rejected" && !error.mayHaveApplied && sends.length > 1) {
      const evidence = { code: error.code, message: error.message, refused: "the batch as a whole" };
      await eachHeld(deps, sends, (tx, now, send) =>
        settleEffect(tx, send.claim, effectKeyOf(send), now, "not_done", evidence),
      );
      const middle = Math.ceil(sends.length / 2);
      await sendBatch(deps, sends.slice(0, middle));
      await sendBatch(deps, sends.slice(middle));
      return;
    }
    await settleFailure(deps, sends, error);
    return;
  }
  const byKey = new Map(results.map((result) => [result.orderKey, result]));
  await eachHeld(deps, sends, (tx, now, send) => recordResult(deps, tx, now, send, byKey.get(send.order.orderKey)));
}

async function recordResult(
  deps: FlowDeps,
  tx: Tx,
  now: Date,
  send: OrderSend,
  result: BulkResult | undefined,
): Promise<void> {
  if (result?.success === true && result.orderId !== undefined) {
    const link = { system: "shipstation" as const, remoteId: String(result.orderId), sentHash: send.hash };
    await saveLink(tx, send.claim, now, link);
    await settleRecord(tx, send.claim, now, pushed(send, now, result.orderId), actor);
    return;
  }
  if (result === undefined || result.success) {
    // No result for a key that was sent: the order may be there.
    const evidence = { answer: "no result for this key" };
    await settleEffect(tx, send.claim, effectKeyOf(send), now, "in_doubt", evidence);
    await settleRecord(tx, send.claim, now, inDoubt(send, now), actor);
    return;
  }
  const text = result.errorMessage ?? "ShipStation gave no reason.";
  await settleEffect(tx, send.claim, effectKeyOf(send), now, "refused", { errorMessage: text });
  const refusal = new ConnectorError("shipstation.rejected", {
    message: `ShipStation refused the order: ${text}`,
    problems: problemsFromBulkText(text),
  });
  const outcome = outcomeOfError(refusal, send.claim, now, deps.random, "order.refused");
  await settleRecord(tx, send.claim, now, outcome, actor);
}

/** The same for each order, in one transaction; where another worker has taken over some of them, for the others alone. */
async function eachHeld(
  deps: FlowDeps,
  sends: readonly OrderSend[],
  write: (tx: Tx, now: Date, send: OrderSend) => Promise<void>,
): Promise<void> {
  const together = (some: readonly OrderSend[]): Promise<void> =>
    deps.db.transaction().execute(async (tx) => {
      const now = nowOf(deps);
      for (const send of some) await write(tx, now, send);
    });
  try {
    await together(sends);
  } catch (thrown) {
    if (!isLost(thrown)) throw thrown;
    if (sends.length === 1) return;
    for (const send of sends) await eachHeld(deps, [send], write);
  }
}

const isLost = (thrown: unknown): boolean => asConnectorError(thrown).code === "claim.lost";

/** One changed order: the live order with our fields, unless it may no longer be touched. */
export async function sendUpdate(deps: FlowDeps, send: OrderSend): Promise<void> {
  const orderId = send.orderId ?? 0;
  await deps.archive.about([{ kind: "order", key: send.claim.key }], async () => {
    try {
      const live = await deps.shipstation.getOrder(orderId);
      if (live === undefined) throw new ConnectorError("order.link-gone");
      const plan = planOrder(send.order, send.hash, {
        orderId,
        sentHash: undefined,
        live: {
          orderStatus: live.orderStatus ?? "",
          orderKey: live.orderKey,
          orderId: live.orderId,
          mergedOrSplit: live.advancedOptions?.mergedOrSplit === true,
        },
        keyTakenByOther: false,
      });
      if (plan.kind === "blocked") throw new ConnectorError(plan.code, { problems: plan.problems });
      const isSo = plan.kind === "settled";
      const ahead = writeAhead(deps, (tx, now) => dispatchAll(tx, now, [send]));
      if (!isSo) await deps.shipstation.saveOrder(mergeIntoLive(live, send.order), "background", ahead);
      await deps.db.transaction().execute(async (tx) => {
        const now = nowOf(deps);
        const link = { system: "shipstation" as const, remoteId: String(orderId), sentHash: send.hash };
        await saveLink(tx, send.claim, now, link);
        await settleRecord(tx, send.claim, now, isSo ? alreadySo(plan.why) : pushed(send, now, orderId), actor);
      });
    } catch (thrown) {
      await settleFailure(deps, [send], asConnectorError(thrown));
    }
  });
}

/** What is kept of a write to read it back by. */
export interface SentOrder {
  order: Order;
  /** Absent for a create. */
  orderId?: number;
  /** Of the ERP order it was made from. */
  sourceHash?: string;
  /** What a person should know although it was sent; shown on the record. */
  warnings?: readonly Problem[];
}

async function dispatchAll(tx: Tx, now: Date, sends: readonly OrderSend[]): Promise<void> {
  for (const send of sends) {
    // From now on the key may exist there: a label printed for it is ours, whatever becomes of the answer.
    await expectRemoteKey(tx, send.claim, send.order.orderKey);
    await dispatchEffect(tx, send.claim, now, {
      effectKey: effectKeyOf(send),
      planHash: send.hash,
      plan: {
        order: send.order,
        ...(send.orderId === undefined ? {} : { orderId: send.orderId }),
        sourceHash: send.claim.hash,
        ...(send.warnings.length === 0 ? {} : { warnings: send.warnings }),
      } satisfies SentOrder,
      quarantineMs: orderQuarantineMs,
    });
  }
  const created = sends.filter(({ orderId }) => orderId === undefined).map(({ claim }) => claim);
  const [first] = created;
  if (!first) return;
  const keys = created.map(({ key }) => key);
  const linked = (await linksOf(tx, first.connectionId, "order", keys)).filter(
    ({ system }) => system === "shipstation",
  );
  // Once an orderId is linked no create is sent for that key again (I1): it is planned anew, as an update.
  if (linked.length > 0) throw new ConnectorError("claim.lost", { message: "An order was linked while it was sent." });
}

/** The key of an order's write: one per version of its content. */
export function effectKeyOf(send: { order: { orderKey: string }; hash: string }): string {
  return `ss-order:${send.order.orderKey}:v${send.hash.slice(0, 16)}`;
}

function pushed(send: OrderSend, now: Date, orderId: number): Outcome {
  return {
    state: "Waiting",
    reason: { code: awaitingReadBack, text: "Sent; waiting to see it in ShipStation." },
    dueAt: new Date(now.getTime() + readBackWithinMs),
    problems: send.warnings,
    event: "order.pushed",
    detail: { shipStationOrderId: orderId, orderKey: send.order.orderKey },
    remoteKey: send.order.orderKey,
  };
}

const alreadySo = (why: string): Outcome => ({
  state: "Processed",
  event: "order.settled",
  detail: { why },
  attempts: 0,
});

function inDoubt(send: OrderSend, now: Date): Outcome {
  return {
    state: "Waiting",
    reason: { code: awaitingReadBack, text: "The answer was lost; looking whether ShipStation has the order." },
    dueAt: now,
    attempts: send.claim.attempts + 1,
    event: "order.in-doubt",
    remoteKey: send.order.orderKey,
  };
}

/**
 * The whole call failed. What may have been applied is in doubt and is looked up next; what certainly was not is retried,
 * or waits for a person; a fault of the connection is nobody's attempt and ends the run.
 */
async function settleFailure(deps: FlowDeps, sends: readonly OrderSend[], error: ConnectorError): Promise<void> {
  const evidence = { code: error.code, message: error.message };
  const state = error.mayHaveApplied ? "in_doubt" : error.disposition === "person" ? "refused" : "not_done";
  await eachHeld(deps, sends, async (tx, now, send) => {
    await settleEffect(tx, send.claim, effectKeyOf(send), now, state, evidence);
    if (error.mayHaveApplied) await settleRecord(tx, send.claim, now, inDoubt(send, now), actor);
    else if (isConnectionWide(error) || error.code === "claim.lost") await releaseClaims(tx, [send.claim], now);
    else {
      const outcome = outcomeOfError(error, send.claim, now, deps.random, "order.failed");
      await settleRecord(tx, send.claim, now, outcome, actor);
    }
  });
  if (isConnectionWide(error)) throw error;
  deps.log.warn(
    { connection: deps.connection.id, code: error.code, orders: sends.length },
    errorTable[error.code].message,
  );
}
